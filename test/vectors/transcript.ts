/** One handshake between two endpoints with all that is secret about it, the same each time. */

import { SodiumCrypto } from '../../core/net/sodium.ts';
import type { Address } from '../../core/protocol/address.ts';
import type {
  HandshakeInitiator,
  HandshakeResponder,
  Identity,
  TrafficKeys,
} from '../../core/protocol/crypto.ts';
import { Endpoint } from '../../core/protocol/endpoint.ts';
import { patient } from '../core/protocol/pair.ts';
import { Random } from '../support/random.ts';

/** A datagram of the handshake or the first packets after it. */
export interface Sent {
  readonly from: 'initiator' | 'responder';
  readonly datagram: Uint8Array;
}

/** What one side brought and made. */
export interface Side {
  readonly seed: Uint8Array;
  readonly identity: Identity;
  readonly ephemeral: Uint8Array;
  /** What its Noise message carries. */
  readonly payload: Uint8Array;
  /** Its Noise message. */
  readonly message: Uint8Array;
}

export interface Transcript {
  readonly prologue: Uint8Array;
  readonly initiator: Side;
  readonly responder: Side;
  /** As the initiator sees them. */
  readonly keys: TrafficKeys;
  /** In their order, each once. */
  readonly sent: readonly Sent[];
}

type Noted = Pick<Side, 'ephemeral' | 'payload' | 'message'>;

/** Notes what goes into a handshake and what comes out. */
class NotingCrypto extends SodiumCrypto {
  noted: Noted | undefined;
  prologue: Uint8Array = new Uint8Array();
  keys: TrafficKeys | undefined;

  override initiate(
    options: Parameters<SodiumCrypto['initiate']>[0],
  ): HandshakeInitiator | undefined {
    const handshake = super.initiate(options);
    if (handshake === undefined) return undefined;
    const { ephemeral, payload, prologue } = options;
    const { message } = handshake;
    this.prologue = prologue;
    this.noted = { ephemeral, payload: payload.slice(), message: Uint8Array.from(message) };
    return {
      message,
      finish: (answer) => {
        const finished = handshake.finish(answer);
        if (finished !== undefined) this.keys = finished.keys;
        return finished;
      },
    };
  }

  override accept(options: Parameters<SodiumCrypto['accept']>[0]): HandshakeResponder | undefined {
    const handshake = super.accept(options);
    if (handshake === undefined) return undefined;
    return {
      ...handshake,
      respond: (payload, ephemeral) => {
        const answer = handshake.respond(payload, ephemeral);
        this.noted = {
          ephemeral,
          payload: payload.slice(),
          message: Uint8Array.from(answer.message),
        };
        return answer;
      },
    };
  }
}

class Party {
  readonly address: Address;
  readonly crypto: NotingCrypto = new NotingCrypto();
  readonly identity: Identity;
  readonly endpoint: Endpoint;

  constructor(address: Address, number: number) {
    const random = new Random(number);
    this.address = address;
    this.identity = this.crypto.identity(new Uint8Array(32).fill(number));
    this.endpoint = new Endpoint({
      crypto: this.crypto,
      random: (count) => random.bytes(count),
      identity: this.identity,
      timing: patient,
      connectionsMax: 1,
      now: 0,
    });
  }

  /** @throws Error where the handshake did not get so far */
  get side(): Side {
    const { noted } = this.crypto;
    if (noted === undefined) throw new Error('the handshake came to nothing');
    return { ...noted, seed: this.identity.seed, identity: this.identity };
  }
}

/** Lets a client and a server meet; the first packet after the handshake says hello. */
export function recordHandshake(): Transcript {
  const initiator = new Party({ host: '192.0.2.1', port: 5000 }, 1);
  const responder = new Party({ host: '192.0.2.2', port: 6666 }, 2);
  const target = {
    address: responder.address,
    identity: undefined,
    timing: patient,
    timeoutMs: 5000,
  };
  const link = initiator.endpoint.connect(target, 0);
  const sent = exchange(initiator, responder);
  initiator.endpoint.send(link, 0, new TextEncoder().encode('hello'));
  sent.push(...exchange(initiator, responder));
  const { keys, prologue } = initiator.crypto;
  if (keys === undefined) throw new Error('the handshake came to nothing');
  return { prologue, initiator: initiator.side, responder: responder.side, keys, sent };
}

/** Everything that two have to say to each other now; copies are said once. */
function exchange(initiator: Party, responder: Party): Sent[] {
  const sent: Sent[] = [];
  const said = new Set<string>();
  for (let isBusy = true; isBusy; ) {
    isBusy = false;
    for (const [from, to] of [
      [initiator, responder],
      [responder, initiator],
    ] as const) {
      for (;;) {
        const transmit = from.endpoint.pollTransmit(0);
        if (transmit === undefined) break;
        const { datagram } = transmit;
        const bytes = datagram.toString();
        if (said.has(bytes)) continue;
        said.add(bytes);
        isBusy = true;
        sent.push({ from: from === initiator ? 'initiator' : 'responder', datagram });
        to.endpoint.receive(datagram.slice(), from.address, 0);
      }
    }
  }
  return sent;
}
