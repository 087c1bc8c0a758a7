import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import {
  envelopeOverheadBytes,
  openEnvelope,
  sealEnvelope,
} from '../../../core/protocol/envelope.ts';
import { noiseIk } from '../net/noise-oracle.ts';

const crypto = new SodiumCrypto();
const [ann, bob, carl] = [1, 2, 3].map((seed) => crypto.identity(new Uint8Array(32).fill(seed)));
const mid = new Uint8Array(16).fill(7);
const ephemeral = new Uint8Array(32).fill(9);
const text = new TextEncoder().encode('until Monday');

/** An envelope of ann for bob. */
function sealed(payload: Uint8Array = text): Uint8Array {
  assert.ok(ann && bob);
  const sealing = { identity: ann, recipient: bob.publicKey, mid, payload, ephemeral };
  return sealEnvelope(crypto, sealing) ?? assert.fail();
}

describe('an envelope', () => {
  it('is opened by its recipient, who learns who sealed it', () => {
    assert.ok(ann && bob);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
        const envelope = sealed(payload);
        assert.equal(envelope.length, payload.length + envelopeOverheadBytes);
        const opened = openEnvelope(crypto, bob, mid, envelope) ?? assert.fail();
        assert.deepEqual([...opened.payload], [...payload]);
        assert.equal(toHex(opened.agreementKey), toHex(ann.agreement.publicKey));
      }),
    );
  });

  it('is message 1 of Noise IK under its own prologue, as another implementation has it', () => {
    assert.ok(ann && bob);
    const prologue = Uint8Array.of(
      ...new TextEncoder().encode('banter envelope'),
      1,
      ...bob.publicKey,
      ...mid,
    );
    const { firstMessage } = noiseIk({
      prologue,
      initiatorStatic: ann.agreement.secretKey,
      initiatorEphemeral: ephemeral,
      responderStatic: bob.agreement.secretKey,
      responderEphemeral: new Uint8Array(32).fill(4),
      firstPayload: text,
      secondPayload: new Uint8Array(),
    });
    assert.equal(toHex(sealed()), toHex(firstMessage));
  });

  it('is worth nothing once any byte of it is another', () => {
    assert.ok(bob);
    const envelope = sealed();
    for (let at = 0; at < envelope.length; at++) {
      for (const bit of [0x01, 0x80]) {
        const tampered = envelope.slice();
        tampered[at] = (tampered[at] ?? 0) ^ bit;
        assert.equal(openEnvelope(crypto, bob, mid, tampered), undefined, `byte ${at}`);
      }
    }
  });

  it('is worth nothing when bytes are missing or added', () => {
    assert.ok(bob);
    const envelope = sealed();
    for (let length = 0; length < envelope.length; length++) {
      assert.equal(openEnvelope(crypto, bob, mid, envelope.subarray(0, length)), undefined);
    }
    assert.equal(openEnvelope(crypto, bob, mid, Uint8Array.of(...envelope, 0)), undefined);
  });

  it('is opened by nobody else, not even by who sealed it', () => {
    assert.ok(ann && carl);
    assert.equal(openEnvelope(crypto, ann, mid, sealed()), undefined);
    assert.equal(openEnvelope(crypto, carl, mid, sealed()), undefined);
  });

  it('cannot be passed off under another mid', () => {
    assert.ok(bob);
    for (let at = 0; at < mid.length; at++) {
      const other = mid.slice();
      other[at] = (other[at] ?? 0) ^ 1;
      assert.equal(openEnvelope(crypto, bob, other, sealed()), undefined);
    }
  });

  it('cannot pass for a handshake, nor a handshake for it', () => {
    assert.ok(ann && bob);
    const prologue = new TextEncoder().encode('banter');
    const shared = { identity: ann, remotePublicKey: bob.publicKey, prologue };
    const greeting = crypto.initiate({ ...shared, payload: text, ephemeral }) ?? assert.fail();
    assert.equal(openEnvelope(crypto, bob, mid, greeting.message), undefined);
    assert.equal(crypto.accept({ identity: bob, prologue, message: sealed() }), undefined);
  });

  it('is sealed for no key of low order', () => {
    assert.ok(ann);
    const recipient = new Uint8Array(32).fill(0);
    recipient[0] = 1;
    assert.equal(
      sealEnvelope(crypto, { identity: ann, recipient, mid, payload: text, ephemeral }),
      undefined,
    );
  });

  it('is random bytes to everybody else: whatever comes opens nothing and throws nothing', () => {
    assert.ok(bob);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        assert.equal(openEnvelope(crypto, bob, mid, noise), undefined);
      }),
    );
  });
});
