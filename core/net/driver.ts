/** Runs an endpoint on a transport: the only owner of clock and timers. */

import { type Address, isRelayed } from '../protocol/address.ts';
import type { Transmit } from '../protocol/connection-event.ts';
import type { Endpoint } from '../protocol/endpoint.ts';
import type { EndpointEvent } from '../protocol/endpoint-event.ts';
import type { Environment, Transport } from './transport.ts';

export interface DriverOptions {
  readonly environment: Environment;
  readonly endpoint: Endpoint;
  readonly host: string | undefined;
  readonly port: number;
  readonly onEvent: (event: EndpointEvent) => void;
  /** Another machine that lives by the same clock. */
  readonly machine?: {
    readonly pollTimeout: () => number | undefined;
    readonly handleTimeout: (now: number) => void;
  };
  /** Sends a datagram to an address that leads over the relay. */
  readonly sendRelayed?: (datagram: Uint8Array, to: Address) => void;
  /** Called once per flush, after the events and before anything is sent. */
  readonly onFlush?: () => void;
}

/** What has passed the socket since it was opened, as UDP payloads. */
export interface Traffic {
  readonly datagramsReceived: number;
  readonly bytesReceived: number;
  readonly datagramsSent: number;
  readonly bytesSent: number;
}

/** Before anything has passed. */
export const noTraffic: Traffic = {
  datagramsReceived: 0,
  bytesReceived: 0,
  datagramsSent: 0,
  bytesSent: 0,
};

/** Timers of the machine tick in milliseconds; a deadline is never met early. */
const tickMs = 1;

/**
 * Events are handled for so long, and then it is timers' and other sockets' turn: Node hands over dozens of datagrams
 * at once, each with messages enough to keep everybody else waiting. Milliseconds.
 */
const sliceMs = 1;

/** The clock is looked at once in so many events. */
const eventsPerLook = 8;

/** Where so many wait, no more are taken from the socket before they are handled: what comes too fast is lost there. */
const eventsWaitingMax = 4096;

export class Driver {
  readonly #options: DriverOptions;
  #transport: Transport | undefined;
  #cancelTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #flushDue = false;
  /** When the turn's time for events is over; undefined before the first datagram of a turn. */
  #sliceEndsAt: number | undefined;
  #closed = false;
  #datagramsReceived = 0;
  #bytesReceived = 0;
  #datagramsSent = 0;
  #bytesSent = 0;

  private constructor(options: DriverOptions) {
    this.#options = options;
  }

  /** Binds the transport. @throws BanterError PORT_IN_USE, ADDRESS_INVALID */
  static async start(options: DriverOptions): Promise<Driver> {
    const driver = new Driver(options);
    driver.#transport = await options.environment.open({
      host: options.host,
      port: options.port,
      onDatagram: (datagram, from) => {
        driver.#datagramsReceived++;
        driver.#bytesReceived += datagram.length;
        driver.#receive(datagram, from);
      },
    });
    return driver;
  }

  get localAddress(): Transport['localAddress'] {
    return this.#transport?.localAddress ?? { host: '', port: 0 };
  }

  get traffic(): Traffic {
    return {
      datagramsReceived: this.#datagramsReceived,
      bytesReceived: this.#bytesReceived,
      datagramsSent: this.#datagramsSent,
      bytesSent: this.#bytesSent,
    };
  }

  /** The endpoint was given something to do; it is done when this turn of the event loop is over. */
  wake(): void {
    if (this.#flushDue || this.#closed) return;
    this.#flushDue = true;
    this.#options.environment.soon(() => {
      this.#flushDue = false;
      this.#flush();
    });
  }

  /** Sends what is due, then frees the transport. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#transport?.close();
  }

  /** What has come is handled at once, while there is time: it need not wait for what other sockets have received. */
  #receive(datagram: Uint8Array, from: Address): void {
    const { endpoint, environment } = this.#options;
    const now = environment.now();
    this.#sliceEndsAt ??= now + sliceMs;
    endpoint.receive(datagram, from, now);
    if (endpoint.eventCount > eventsWaitingMax) this.#drainEvents(Number.POSITIVE_INFINITY);
    else this.#drainEvents(this.#sliceEndsAt);
    this.wake();
  }

  #flush(): void {
    if (this.#closed) return;
    const { endpoint, environment, machine, sendRelayed } = this.#options;
    this.#sliceEndsAt = undefined;
    endpoint.handleTimeout(environment.now());
    const sliceEndsAt = environment.now() + sliceMs;
    this.#drainEvents(sliceEndsAt);
    machine?.handleTimeout(environment.now());
    this.#options.onFlush?.();
    const now = environment.now();
    for (;;) {
      const transmit = endpoint.pollTransmit(now);
      if (transmit === undefined) break;
      if (isRelayed(transmit.to)) sendRelayed?.(transmit.datagram, transmit.to);
      else this.#send(transmit);
    }
    // Who fills queues may have ended a connection, and a path that was given up has moved one.
    if (endpoint.eventCount > 0) {
      this.#drainEvents(sliceEndsAt);
      this.wake();
    }
    this.#setTimer();
  }

  #send({ datagram, to }: Transmit): void {
    this.#datagramsSent++;
    this.#bytesSent += datagram.length;
    this.#transport?.send(datagram, to);
  }

  /** Handles events, in their order, until there are none or it is `endAt`. */
  #drainEvents(endAt: number): void {
    const { endpoint, environment, onEvent } = this.#options;
    for (let count = 0; ; count++) {
      if (count % eventsPerLook === 0 && environment.now() >= endAt) return;
      const event = endpoint.pollEvent();
      if (event === undefined) return;
      onEvent(event);
    }
  }

  #setTimer(): void {
    const { endpoint, machine } = this.#options;
    const at = Math.min(
      endpoint.pollTimeout() ?? Number.POSITIVE_INFINITY,
      machine?.pollTimeout() ?? Number.POSITIVE_INFINITY,
    );
    // A deadline moves later with every packet; a timer that comes too early costs less than one armed anew each time.
    if (at >= this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = at;
    const delayMs = Math.max(tickMs, Math.ceil(at - this.#options.environment.now()));
    this.#cancelTimer = this.#options.environment.setTimer(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#cancelTimer = undefined;
      // Not at once: in a process that was stopped for a while, timers run before what has arrived meanwhile is read.
      this.wake();
    }, delayMs);
  }
}
