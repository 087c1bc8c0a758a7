/**
 * A network of loopback ports in which every process is known to the others by an address in front of it, and every
 * datagram between two of them may be lost, doubled or held back, as a seed tells it.
 */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Random } from '../support/random.ts';

/** What happens to each datagram, each by itself; probabilities of 0 to 1. */
export interface NetworkFaults {
  readonly loss: number;
  /** That a datagram comes twice. */
  readonly duplication: number;
  /** That a datagram comes after the next one, or after 20 ms when none follows. */
  readonly reordering: number;
}

/** How many datagrams met which fault. */
export interface NetworkCounts {
  lost: number;
  duplicated: number;
  reordered: number;
}

/** A process and the address in front of it, from which the others hear it and to which they send. */
interface Node {
  readonly number: number;
  readonly port: number;
  readonly front: Socket;
}

const host = '127.0.0.1';
const holdMs = 20;
const nodesMax = 64;

/** At most 64 processes; datagrams of others are dropped. */
export class LossyNetwork implements AsyncDisposable {
  readonly counts: NetworkCounts = { lost: 0, duplicated: 0, reordered: 0 };
  readonly #seed: number;
  readonly #faults: NetworkFaults;
  readonly #nodesByPort = new Map<number, Node>();
  readonly #paths = new Map<number, Path>();

  constructor(seed: number, faults: NetworkFaults) {
    this.#seed = seed;
    this.#faults = faults;
  }

  /** Puts an address in front of the process at a port. @returns the port under which the others know it */
  async join(port: number): Promise<number> {
    if (this.#nodesByPort.size === nodesMax) throw new RangeError(`${nodesMax} processes at most`);
    const front = createSocket('udp4');
    front.bind(0, host);
    await once(front, 'listening');
    const node: Node = { number: this.#nodesByPort.size, port, front };
    this.#nodesByPort.set(port, node);
    front.on('message', (datagram, from) => {
      const sender = this.#nodesByPort.get(from.port);
      if (sender !== undefined) this.#path(sender, node).pass(datagram);
    });
    return front.address().port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of this.#paths.values()) path.close();
    const fronts = Array.from(this.#nodesByPort.values(), ({ front }) => front);
    await Promise.all(fronts.map((front) => new Promise<void>((done) => front.close(done))));
  }

  #path(from: Node, to: Node): Path {
    const number = from.number * nodesMax + to.number;
    const known = this.#paths.get(number);
    if (known !== undefined) return known;
    const random = new Random(this.#seed * nodesMax ** 2 + number);
    const path = new Path(this.#faults, random, this.counts, (datagram) =>
      from.front.send(datagram, to.port, host),
    );
    this.#paths.set(number, path);
    return path;
  }
}

/** The way from one process to another. */
class Path {
  readonly #faults: NetworkFaults;
  readonly #random: Random;
  readonly #counts: NetworkCounts;
  readonly #deliver: (datagram: Uint8Array) => void;
  /** At most one datagram is held back at a time. */
  #held: { readonly datagram: Uint8Array; readonly timer: NodeJS.Timeout } | undefined;

  constructor(
    faults: NetworkFaults,
    random: Random,
    counts: NetworkCounts,
    deliver: (datagram: Uint8Array) => void,
  ) {
    this.#faults = faults;
    this.#random = random;
    this.#counts = counts;
    this.#deliver = deliver;
  }

  pass(datagram: Uint8Array): void {
    // Always the same draws for each datagram, so that one fault's probability does not move another's victims.
    const isLost = this.#random.chance(this.#faults.loss);
    const isDoubled = this.#random.chance(this.#faults.duplication);
    const isHeld = this.#random.chance(this.#faults.reordering);
    if (isLost) {
      this.#counts.lost++;
      return;
    }
    if (isDoubled) {
      this.#counts.duplicated++;
      this.#deliver(datagram);
    }
    if (isHeld && this.#held === undefined) {
      this.#counts.reordered++;
      this.#held = { datagram, timer: setTimeout(() => this.#release(), holdMs) };
      return;
    }
    this.#deliver(datagram);
    this.#release();
  }

  close(): void {
    clearTimeout(this.#held?.timer);
    this.#held = undefined;
  }

  #release(): void {
    if (this.#held === undefined) return;
    const { datagram } = this.#held;
    this.close();
    this.#deliver(datagram);
  }
}
