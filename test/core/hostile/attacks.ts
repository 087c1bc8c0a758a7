/** What strangers and people on the path may send: the kinds of bad input, each as a stream of datagrams. */

import { SodiumCrypto } from '../../../core/net/sodium.ts';
import type { Address } from '../../../core/protocol/address.ts';
import { addressTokenBytes } from '../../../core/protocol/address-token.ts';
import {
  encodeInit,
  encodeInitiator,
  encodeResponse,
  encodeRetry,
  handshakePrologue,
  nonceBytes,
  type Retry,
} from '../../../core/protocol/handshake.ts';
import {
  connectionIdBytes,
  datagramBytesMax,
  datagramForm,
  resetTokenBytes,
} from '../../../core/protocol/packet.ts';
import type { Random } from '../../support/random.ts';

/** One hostile datagram and the sender written on it. */
export interface Shot {
  readonly datagram: Uint8Array;
  readonly from: Address;
}

/** What an attacker has to work with. */
export interface Armoury {
  readonly random: Random;
  /** Everything the target was sent so far, authentic. */
  readonly recorded: readonly Shot[];
  /** Whom the target talks with: the attacker writes their addresses on its datagrams, too. */
  readonly peers: readonly Address[];
  /** An address of the attacker's own, at which it got `retry` in answer to a HELLO. */
  readonly own: Address;
  readonly retry: Retry;
}

export interface Attack {
  readonly name: string;
  /** How many times fewer than others, where a single shot costs its maker much. */
  readonly rarer?: number;
  /** Shot number `at`. */
  readonly shoot: (armoury: Armoury, at: number) => Shot;
}

export const attacks: readonly Attack[] = [
  {
    name: 'random garbage',
    shoot: (armoury) => ({
      datagram: armoury.random.bytes(armoury.random.below(datagramBytesMax + 1)),
      from: anybody(armoury),
    }),
  },
  {
    name: 'truncated datagrams',
    shoot: (armoury) => {
      const { datagram, from } = armoury.random.pick(armoury.recorded);
      return { datagram: datagram.slice(0, armoury.random.below(datagram.length)), from };
    },
  },
  {
    name: 'oversized datagrams',
    shoot: (armoury) => {
      const { datagram, from } = armoury.random.pick(armoury.recorded);
      const oversized = new Uint8Array(datagramBytesMax + 1 + armoury.random.below(60_000));
      oversized.set(datagram);
      return { datagram: oversized, from };
    },
  },
  {
    name: 'datagrams with flipped bits',
    shoot: (armoury) => {
      const { datagram, from } = armoury.random.pick(armoury.recorded);
      const flipped = datagram.slice();
      for (let flips = 1 + armoury.random.below(8); flips > 0; flips--) {
        const at = armoury.random.below(flipped.length);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << armoury.random.below(8));
      }
      return { datagram: flipped, from };
    },
  },
  { name: 'forged packets of living connections', shoot: forgePacket },
  { name: 'forged INITs with a valid cookie', shoot: forgeInit },
  { name: 'INITs with tokens that nobody gave', shoot: forgeToken },
  {
    name: 'authentic INITs that nothing follows',
    rarer: 10,
    shoot: abandonHandshake,
  },
  { name: 'forged answers of a handshake', shoot: forgeAnswer },
  {
    name: 'everything that was ever said, again',
    shoot: ({ recorded }, at) =>
      recorded[at % recorded.length] ?? { datagram: new Uint8Array(), from: nobody },
  },
];

const nobody: Address = { host: '192.0.2.7', port: 7 };

/** Bytes of a Noise message 1 around an initiator's payload, and of a message 2. */
const messageBytes = 152;
const answerBytes = 72;

function anybody({ random, own, peers }: Armoury): Address {
  return random.pick([nobody, own, ...peers]);
}

/** A data packet with the connection id, the sender and about the packet number of a real one. */
function forgePacket({ random, recorded }: Armoury): Shot {
  const packets = recorded.filter(({ datagram }) => ((datagram[0] ?? 0) & datagramForm.data) !== 0);
  const { datagram, from } = random.pick(packets);
  const forged = random.bytes(30 + random.below(datagramBytesMax - 30));
  const headerBytes = 1 + connectionIdBytes + (random.chance(0.5) ? 3 : 0);
  forged.set(datagram.subarray(0, headerBytes));
  return { datagram: forged, from };
}

function forgeInit({ random, own, retry }: Armoury): Shot {
  const { nonce, version, versions, cookie } = retry;
  const proof = { type: 'cookie', bytes: cookie } as const;
  const message = random.bytes(messageBytes);
  return { datagram: encodeInit({ versions, nonce, version, proof, message }), from: own };
}

function forgeToken(armoury: Armoury): Shot {
  const { random, retry } = armoury;
  const { version, versions } = retry;
  const proof = { type: 'token', bytes: random.bytes(addressTokenBytes) } as const;
  const init = { versions, nonce: random.bytes(nonceBytes), version, proof };
  const datagram = encodeInit({ ...init, message: random.bytes(messageBytes) });
  return { datagram, from: anybody(armoury) };
}

/** Everything about it is right, but its sender never takes up the connection. */
function abandonHandshake({ random, own, retry }: Armoury): Shot {
  const crypto = new SodiumCrypto();
  const identity = crypto.identity(random.bytes(32));
  const introduction = { connectionId: random.bytes(8), resetToken: random.bytes(16) };
  const handshake = crypto.initiate({
    identity,
    remotePublicKey: retry.identity,
    prologue: handshakePrologue(retry.versions, retry.versions, retry.version, retry.identity),
    payload: encodeInitiator(introduction, identity),
    ephemeral: random.bytes(32),
  });
  if (handshake === undefined) throw new Error('the target has no usable identity');
  const { nonce, version, versions, cookie } = retry;
  const proof = { type: 'cookie', bytes: cookie } as const;
  const datagram = encodeInit({ versions, nonce, version, proof, message: handshake.message });
  return { datagram, from: own };
}

/** RETRY, RESPONSE or RESET from the address of whoever the target talks with. */
function forgeAnswer({ random, peers, retry }: Armoury): Shot {
  const from = random.pick(peers);
  const reset = new Uint8Array(1 + resetTokenBytes);
  reset[0] = datagramForm.reset;
  reset.set(random.bytes(resetTokenBytes), 1);
  return random.pick([
    { datagram: encodeRetry({ ...retry, nonce: random.bytes(8), cookie: random.bytes(20) }), from },
    {
      datagram: encodeResponse({
        connectionId: random.bytes(connectionIdBytes),
        message: random.bytes(answerBytes),
      }),
      from,
    },
    { datagram: reset, from },
  ]);
}
