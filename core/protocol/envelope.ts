/** Envelopes: a message sealed for somebody who is not there, as Noise message 1 by itself (docs/PROTOCOL.md §9). */

import { ByteWriter } from './bytes.ts';
import type { Crypto, Identity } from './crypto.ts';

/** What an envelope has beyond its payload: an ephemeral key, a sealed static key and two tags. Bytes. */
export const envelopeOverheadBytes = 96;

/** No prologue of a handshake begins like this, so that neither can pass for the other. */
const label = new TextEncoder().encode('banter envelope');

const envelopeVersion = 1;

/** What an envelope is sealed with. */
export interface Sealing {
  /** The sender's. */
  readonly identity: Identity;
  /** The recipient's Ed25519 identity, 32 bytes. */
  readonly recipient: Uint8Array;
  /** The message's id, 16 bytes. */
  readonly mid: Uint8Array;
  readonly payload: Uint8Array;
  /** 32 fresh random bytes. */
  readonly ephemeral: Uint8Array;
}

/**
 * Only the recipient can open what comes out, and learns by it who sealed it; nobody can pass it off under another mid.
 * There is no forward secrecy: whoever has the recipient's key one day opens everything that was ever sealed for it.
 * @returns undefined if `recipient` is no usable identity
 */
export function sealEnvelope(crypto: Crypto, sealing: Sealing): Uint8Array | undefined {
  const { identity, recipient, mid, payload, ephemeral } = sealing;
  const prologue = envelopePrologue(recipient, mid);
  const options = { identity, remotePublicKey: recipient, prologue, payload, ephemeral };
  const initiator = crypto.initiate(options);
  return initiator && Uint8Array.from(initiator.message);
}

/** The payload of an envelope for `identity`, and the X25519 key of who sealed it; undefined if it is none under `mid`. */
export function openEnvelope(
  crypto: Crypto,
  identity: Identity,
  mid: Uint8Array,
  sealed: Uint8Array,
): { readonly agreementKey: Uint8Array; readonly payload: Uint8Array } | undefined {
  const prologue = envelopePrologue(identity.publicKey, mid);
  const opened = crypto.accept({ identity, prologue, message: sealed });
  return opened && { agreementKey: opened.remoteAgreementKey, payload: opened.payload };
}

/** What both sides must agree on. */
function envelopePrologue(recipient: Uint8Array, mid: Uint8Array): Uint8Array {
  const writer = new ByteWriter(64);
  writer.raw(label);
  writer.uint8(envelopeVersion);
  writer.raw(recipient);
  writer.raw(mid);
  return writer.bytes.slice();
}
