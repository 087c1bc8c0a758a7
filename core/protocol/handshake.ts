/** The four datagrams of the handshake and what binds them together (docs/PROTOCOL.md §3). */

import { type Address, isRelayed } from './address.ts';
import { addressTokenBytes } from './address-token.ts';
import { ByteReader, ByteWriter, MalformedError } from './bytes.ts';
import { cookieBytes } from './cookie.ts';
import type { Crypto, Identity } from './crypto.ts';
import { connectionIdBytes, datagramBytesMax, datagramForm, resetTokenBytes } from './packet.ts';

/** Chosen by the initiator for one attempt; echoed by RETRY, covered by the cookie. */
export const nonceBytes = 8;

const identityBytes = 32;
const versionsMax = 16;

export interface Hello {
  /** Versions the initiator speaks, best first. */
  readonly versions: readonly number[];
  readonly nonce: Uint8Array;
}

export interface Retry {
  readonly nonce: Uint8Array;
  /** The responder's choice, 0 if there is no common version. */
  readonly version: number;
  /** Versions the responder speaks, best first. */
  readonly versions: readonly number[];
  readonly cookie: Uint8Array;
  /** The responder's Ed25519 key; only the handshake proves it. */
  readonly identity: Uint8Array;
}

/** How an INIT proves its address; the number on the wire. */
export const proofNumbers = {
  /** The RETRY to our HELLO brought it. */
  cookie: 1,
  /** The RESPONSE of an earlier handshake brought it. */
  token: 2,
} as const;

export type ProofType = keyof typeof proofNumbers;

export interface Proof {
  readonly type: ProofType;
  readonly bytes: Uint8Array;
}

export interface Init extends Hello {
  readonly version: number;
  readonly proof: Proof;
  /** Noise message 1. */
  readonly message: Uint8Array;
}

export interface Response {
  readonly connectionId: Uint8Array;
  /** Noise message 2. */
  readonly message: Uint8Array;
}

/** What both sides tell each other inside the handshake; only the initiator's carries `identity`. */
export interface Introduction {
  readonly connectionId: Uint8Array;
  readonly resetToken: Uint8Array;
}

/** What a responder tells besides: the proof of the initiator's address for its next handshake. */
export interface ResponderIntroduction extends Introduction {
  readonly addressToken: Uint8Array;
}

/** More than any RETRY or RESPONSE has. Bytes. */
const relayedInitiatorBytesMin = 128;

/**
 * How long a HELLO or INIT to or from an address must be: so long that no answer is longer, for anybody can write any
 * sender on a datagram. Where the server's relay vouches for the sender, which has no room for more, just so long: what
 * answers take of the responder's share of the relay must be no more than what calls take of the initiator's.
 */
export function initiatorBytesMin(address: Address): number {
  return isRelayed(address) ? relayedInitiatorBytesMin : datagramBytesMax;
}

/** HELLO, padded to `bytesMin` with zeros. */
export function encodeHello(hello: Hello, bytesMin: number = datagramBytesMax): Uint8Array {
  const writer = new ByteWriter(datagramBytesMax);
  writer.uint8(datagramForm.hello);
  writeVersions(writer, hello.versions);
  writer.raw(hello.nonce);
  return padded(writer, bytesMin);
}

/** @returns undefined also if it is shorter than `bytesMin` */
export function decodeHello(
  datagram: Uint8Array,
  bytesMin: number = datagramBytesMax,
): Hello | undefined {
  if (datagram.length < bytesMin) return undefined;
  return decoded(datagram, (reader) => ({
    versions: readVersions(reader),
    nonce: reader.raw(nonceBytes),
  }));
}

export function encodeRetry(retry: Retry): Uint8Array {
  const writer = new ByteWriter(128);
  writer.uint8(datagramForm.retry);
  writer.raw(retry.nonce);
  writer.uint8(retry.version);
  writeVersions(writer, retry.versions);
  writer.raw(retry.cookie);
  writer.raw(retry.identity);
  return writer.bytes;
}

export function decodeRetry(datagram: Uint8Array): Retry | undefined {
  return decoded(datagram, (reader) => ({
    nonce: reader.raw(nonceBytes),
    version: reader.uint8(),
    versions: readVersions(reader),
    cookie: reader.raw(cookieBytes),
    identity: reader.raw(identityBytes),
  }));
}

/** INIT, padded like HELLO. */
export function encodeInit(init: Init, bytesMin: number = datagramBytesMax): Uint8Array {
  const writer = new ByteWriter(datagramBytesMax);
  writer.uint8(datagramForm.init);
  writeVersions(writer, init.versions);
  writer.raw(init.nonce);
  writer.uint8(init.version);
  writer.uint8(proofNumbers[init.proof.type]);
  writer.raw(init.proof.bytes);
  writer.block(init.message);
  return padded(writer, bytesMin);
}

/** @returns undefined also if it is shorter than `bytesMin` */
export function decodeInit(
  datagram: Uint8Array,
  bytesMin: number = datagramBytesMax,
): Init | undefined {
  if (datagram.length < bytesMin) return undefined;
  return decoded(datagram, (reader) => ({
    versions: readVersions(reader),
    nonce: reader.raw(nonceBytes),
    version: reader.uint8(),
    proof: readProof(reader),
    message: reader.block(),
  }));
}

export function encodeResponse(response: Response): Uint8Array {
  const writer = new ByteWriter(128);
  writer.uint8(datagramForm.response);
  writer.raw(response.connectionId);
  writer.raw(response.message);
  return writer.bytes;
}

export function decodeResponse(datagram: Uint8Array): Response | undefined {
  return decoded(datagram, (reader) => ({
    connectionId: reader.raw(connectionIdBytes),
    message: reader.rest(),
  }));
}

/** The payload of Noise message 1. */
export function encodeInitiator(introduction: Introduction, identity: Identity): Uint8Array {
  const writer = new ByteWriter(64);
  writer.raw(identity.publicKey);
  writeIntroduction(writer, introduction);
  return writer.bytes;
}

/** @returns undefined unless the Ed25519 key inside belongs to the X25519 key that the handshake proved */
export function decodeInitiator(
  crypto: Crypto,
  payload: Uint8Array,
  agreementKey: Uint8Array,
): (Introduction & { readonly identity: Uint8Array }) | undefined {
  const initiator = decoded(
    payload,
    (reader) => ({
      identity: reader.raw(identityBytes).slice(),
      ...readIntroduction(reader),
    }),
    0,
  );
  if (initiator === undefined) return undefined;
  const derived = crypto.agreementKey(initiator.identity);
  return derived !== undefined && crypto.equal(derived, agreementKey) ? initiator : undefined;
}

/** The payload of Noise message 2. */
export function encodeResponder(introduction: ResponderIntroduction): Uint8Array {
  const writer = new ByteWriter(64);
  writeIntroduction(writer, introduction);
  writer.raw(introduction.addressToken);
  return writer.bytes;
}

export function decodeResponder(payload: Uint8Array): ResponderIntroduction | undefined {
  return decoded(
    payload,
    (reader) => ({
      ...readIntroduction(reader),
      addressToken: reader.raw(addressTokenBytes).slice(),
    }),
    0,
  );
}

/** What both sides must agree on for the handshake to succeed: nobody can strike a version off a list. */
export function handshakePrologue(
  offered: readonly number[],
  supported: readonly number[],
  version: number,
  responderIdentity: Uint8Array,
): Uint8Array {
  const writer = new ByteWriter(64);
  writer.raw(new TextEncoder().encode('banter'));
  writeVersions(writer, offered);
  writeVersions(writer, supported);
  writer.uint8(version);
  writer.raw(responderIdentity);
  return writer.bytes;
}

function writeIntroduction(writer: ByteWriter, introduction: Introduction): void {
  writer.raw(introduction.connectionId);
  writer.raw(introduction.resetToken);
}

function readIntroduction(reader: ByteReader): Introduction {
  return {
    connectionId: reader.raw(connectionIdBytes).slice(),
    resetToken: reader.raw(resetTokenBytes).slice(),
  };
}

function readProof(reader: ByteReader): Proof {
  switch (reader.uint8()) {
    case proofNumbers.cookie:
      return { type: 'cookie', bytes: reader.raw(cookieBytes) };
    case proofNumbers.token:
      return { type: 'token', bytes: reader.raw(addressTokenBytes) };
    default:
      throw new MalformedError('unknown kind of proof');
  }
}

function writeVersions(writer: ByteWriter, versions: readonly number[]): void {
  writer.uint8(versions.length);
  for (const version of versions) writer.uint8(version);
}

function readVersions(reader: ByteReader): readonly number[] {
  const count = reader.uint8();
  if (count === 0 || count > versionsMax) throw new MalformedError('version list out of bounds');
  return Array.from({ length: count }, () => reader.uint8());
}

function padded(writer: ByteWriter, bytesMin: number): Uint8Array {
  const datagram = new Uint8Array(Math.max(bytesMin, writer.length));
  datagram.set(writer.bytes);
  return datagram;
}

function decoded<Value>(
  input: Uint8Array,
  read: (reader: ByteReader) => Value,
  start = 1,
): Value | undefined {
  try {
    return read(new ByteReader(input, start));
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
