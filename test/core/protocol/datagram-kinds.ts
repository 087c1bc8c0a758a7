/** Every kind of datagram and payload of a handshake, and what is relayed, with what a test needs of it: values, and both ways of its codec. */

import fc from 'fast-check';
import { decodeRelayed, encodeRelayed } from '../../../core/chat/relay.ts';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { addressTokenBytes } from '../../../core/protocol/address-token.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { cookieBytes } from '../../../core/protocol/cookie.ts';
import {
  decodeHello,
  decodeInit,
  decodeInitiator,
  decodeResponder,
  decodeResponse,
  decodeRetry,
  encodeHello,
  encodeInit,
  encodeInitiator,
  encodeResponder,
  encodeResponse,
  encodeRetry,
  type Hello,
  type Init,
  nonceBytes,
} from '../../../core/protocol/handshake.ts';
import { connectionIdBytes, resetTokenBytes } from '../../../core/protocol/packet.ts';

/** One kind, whatever its values are. */
export interface DatagramKind {
  readonly name: string;
  /** A value and the bytes it stands in. */
  readonly samples: fc.Arbitrary<{ readonly value: object; readonly bytes: Uint8Array }>;
  readonly decode: (bytes: Uint8Array) => object | undefined;
  /** The bytes of what {@link decode} read. */
  readonly encodeDecoded: (bytes: Uint8Array) => Uint8Array | undefined;
}

const bytes = (count: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: count, maxLength: count });
const byte = fc.nat(255);
const versions = fc.array(byte, { minLength: 1, maxLength: 16 });
const nonce = bytes(nonceBytes);
const cookie = bytes(cookieBytes);
const connectionId = bytes(connectionIdBytes);
const message = fc.uint8Array({ maxLength: 300 });

/** Records like those that decoders make. */
const plain = { noNullPrototype: true } as const;
const introduction = { connectionId, resetToken: bytes(resetTokenBytes) };
const proof = fc.oneof(
  fc.record({ type: fc.constant('cookie' as const), bytes: cookie }, plain),
  fc.record({ type: fc.constant('token' as const), bytes: bytes(addressTokenBytes) }, plain),
);
const hello: fc.Arbitrary<Hello> = fc.record({ versions, nonce }, plain);
const init: fc.Arbitrary<Init> = fc.record(
  { versions, nonce, version: byte, proof, message },
  plain,
);

const crypto = new SodiumCrypto();
const identities = [1, 2, 3].map(
  (seed) => crypto.identity(new Uint8Array(32).fill(seed)).publicKey,
);

interface Proved {
  readonly identity: Uint8Array;
  readonly connectionId: Uint8Array;
  readonly resetToken: Uint8Array;
}

/** An initiator with the key that its handshake would prove. */
function decodeProved(payload: Uint8Array): Proved | undefined {
  const key = payload.length < 32 ? undefined : crypto.agreementKey(payload.slice(0, 32));
  return decodeInitiator(crypto, payload, key ?? new Uint8Array(32));
}

function encodeProved({ identity, ...introduced }: Proved): Uint8Array {
  const any = crypto.identity(new Uint8Array(32));
  return encodeInitiator(introduced, { ...any, publicKey: identity });
}

/** A kind, once its values need no name any more. */
function kind<Value extends object>(
  name: string,
  values: fc.Arbitrary<Value>,
  encode: (value: Value) => Uint8Array,
  decode: (bytes: Uint8Array) => Value | undefined,
): DatagramKind {
  return {
    name,
    samples: values.map((value) => ({ value, bytes: encode(value) })),
    decode,
    encodeDecoded: (input) => {
      const value = decode(input);
      return value === undefined ? undefined : encode(value);
    },
  };
}

/** The datagrams of the handshake by the names of their forms, and what its Noise messages and the relay carry. */
export const datagramKinds: readonly DatagramKind[] = [
  kind(
    'hello',
    hello,
    (value) => encodeHello(value),
    (input) => decodeHello(input),
  ),
  kind(
    'hello through the relay',
    hello,
    (value) => encodeHello(value, 0),
    (input) => decodeHello(input, 0),
  ),
  kind(
    'retry',
    fc.record({ nonce, version: byte, versions, cookie, identity: bytes(32) }, plain),
    encodeRetry,
    decodeRetry,
  ),
  kind(
    'init',
    init,
    (value) => encodeInit(value),
    (input) => decodeInit(input),
  ),
  kind(
    'init through the relay',
    init,
    (value) => encodeInit(value, 0),
    (input) => decodeInit(input, 0),
  ),
  kind('response', fc.record({ connectionId, message }, plain), encodeResponse, decodeResponse),
  kind(
    'payload of message 1',
    fc.record({ identity: fc.constantFrom(...identities), ...introduction }, plain),
    encodeProved,
    decodeProved,
  ),
  kind(
    'payload of message 2',
    fc.record({ ...introduction, addressToken: bytes(addressTokenBytes) }, plain),
    encodeResponder,
    decodeResponder,
  ),
  kind(
    'relayed datagram',
    fc.record({ identity: bytes(32).map(toHex), link: fc.maxSafeNat(), datagram: message }, plain),
    encodeRelayed,
    decodeRelayed,
  ),
];
