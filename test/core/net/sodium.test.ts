import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { SodiumCrypto, systemRandom } from '../../../core/net/sodium.ts';
import { fromHex, toHex } from '../../../core/protocol/bytes.ts';
import type { Identity } from '../../../core/protocol/crypto.ts';
import { noiseIk, type Script } from './noise-oracle.ts';

const crypto = new SodiumCrypto();
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const payload = fc.uint8Array({ maxLength: 300 });

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? assert.fail(hex);
}

/** Bytes 4 to 11 are the packet number, big-endian (docs/PROTOCOL.md §4). */
function nonceOf(packetNumber: number): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, BigInt(packetNumber));
  return nonce;
}

function sealed(
  trafficKey: Uint8Array,
  packetNumber: number,
  header: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const packet = Uint8Array.of(...header, ...plaintext, ...new Uint8Array(16));
  crypto.seal(trafficKey, packetNumber, packet, header.length);
  return packet;
}

describe('the AEAD', () => {
  it('agrees with another implementation, which in turn agrees with RFC 8439 §2.8.2', () => {
    const sunscreen =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    const cipher = chacha20poly1305(
      Uint8Array.from({ length: 32 }, (_, at) => 0x80 + at),
      bytesOf('070000004041424344454647'),
      bytesOf('50515253c0c1c2c3c4c5c6c7'),
    );
    assert.equal(
      toHex(cipher.encrypt(new TextEncoder().encode(sunscreen))),
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
        '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
        '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
        '3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
    );
    fc.assert(
      fc.property(key, fc.maxSafeNat(), payload, payload, (k, packetNumber, header, plaintext) => {
        const packet = sealed(k, packetNumber, header, plaintext);
        const oracle = chacha20poly1305(k, nonceOf(packetNumber), header).encrypt(plaintext);
        assert.deepEqual(packet.subarray(0, header.length), header);
        assert.deepEqual(packet.subarray(header.length), oracle);
        assert.deepEqual(crypto.open(k, packetNumber, packet, header.length), plaintext);
      }),
    );
  });

  it('opens nothing in which a bit is changed, and nothing under another key or number', () => {
    fc.assert(
      fc.property(key, fc.nat(2 ** 31), payload, fc.nat(), (k, packetNumber, plaintext, at) => {
        const packet = sealed(k, packetNumber, Uint8Array.of(1, 2, 3), plaintext);
        const bit = at % (8 * packet.length);
        const changed = packet.slice();
        changed[bit >>> 3] = (changed[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
        assert.equal(crypto.open(k, packetNumber, changed, 3), undefined);
        assert.equal(crypto.open(k, packetNumber + 1, packet, 3), undefined);
        assert.equal(crypto.open(systemRandom(32), packetNumber, packet, 3), undefined);
        assert.equal(crypto.open(k, packetNumber, packet.subarray(0, 18), 3), undefined);
      }),
    );
  });

  it('leaves a packet as it is when it opens it, and the length of stacks, too', () => {
    const trafficKey = systemRandom(32);
    const packet = sealed(trafficKey, 1, new Uint8Array(13), new Uint8Array(10));
    const before = packet.slice();
    const limit = Error.stackTraceLimit;
    crypto.open(trafficKey, 1, packet, 13);
    crypto.open(trafficKey, 2, packet, 13);
    assert.deepEqual(packet, before);
    assert.equal(Error.stackTraceLimit, limit);
  });
});

describe('an identity', () => {
  it('is the Ed25519 key of its seed, and the X25519 pair that follows from it', () => {
    fc.assert(
      fc.property(key, (seed) => {
        const { publicKey, seed: kept, agreement } = crypto.identity(seed);
        assert.deepEqual(publicKey, ed25519.getPublicKey(seed));
        assert.deepEqual(kept, seed);
        assert.deepEqual(agreement.secretKey, ed25519.utils.toMontgomerySecret(seed));
        assert.deepEqual(agreement.publicKey, x25519.getPublicKey(agreement.secretKey));
        assert.deepEqual(agreement.publicKey, ed25519.utils.toMontgomery(publicKey));
        assert.deepEqual(crypto.agreementKey(publicKey), agreement.publicKey);
      }),
      { numRuns: 30 },
    );
  });

  it('is no point of small order, and no bytes whatever make the conversion throw', () => {
    const smallOrder = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      `ec${'ff'.repeat(30)}7f`,
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    ];
    for (const hex of smallOrder) assert.equal(crypto.agreementKey(bytesOf(hex)), undefined, hex);
    fc.assert(fc.property(key, (bytes) => void crypto.agreementKey(bytes)));
  });
});

describe('the MAC', () => {
  it('is keyed BLAKE2b of 16 bytes', () => {
    fc.assert(
      fc.property(key, payload, (k, message) => {
        assert.deepEqual(crypto.mac(k, message), blake2b(message, { key: k, dkLen: 16 }));
      }),
    );
  });

  it('is compared by content and length', () => {
    assert.ok(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
    assert.ok(!crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
    assert.ok(!crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1)));
  });
});

/** Plays a script with the implementation under test. */
function play(script: Script): ReturnType<typeof noiseIk> {
  const initiator = identityOf(script.initiatorStatic);
  const responder = identityOf(script.responderStatic);
  const { prologue } = script;
  const first = crypto.initiate({
    identity: initiator,
    remotePublicKey: responder.publicKey,
    prologue,
    payload: script.firstPayload,
    ephemeral: script.initiatorEphemeral,
  });
  assert.ok(first);
  const second = crypto.accept({ identity: responder, prologue, message: first.message });
  assert.ok(second);
  assert.deepEqual(second.payload, script.firstPayload);
  assert.deepEqual(second.remoteAgreementKey, initiator.agreement.publicKey);
  const answer = second.respond(script.secondPayload, script.responderEphemeral);
  const finished = first.finish(answer.message);
  assert.ok(finished);
  assert.deepEqual(finished.payload, script.secondPayload);
  assert.deepEqual(finished.keys, { send: answer.keys.receive, receive: answer.keys.send });
  return {
    firstMessage: Uint8Array.from(first.message),
    secondMessage: Uint8Array.from(answer.message),
    initiatorKey: finished.keys.send,
    responderKey: finished.keys.receive,
  };
}

/** An identity with this X25519 key: its Ed25519 form is y = (u − 1) / (u + 1), the inverse of RFC 7748 §4.1. */
function identityOf(secretKey: Uint8Array): Identity {
  const publicKey = x25519.getPublicKey(secretKey);
  const { Fp } = ed25519.Point;
  const u = Fp.fromBytes(publicKey);
  const y = Fp.div(Fp.sub(u, Fp.ONE), Fp.add(u, Fp.ONE));
  return { publicKey: Fp.toBytes(y), seed: secretKey, agreement: { publicKey, secretKey } };
}

describe('the handshake', () => {
  it('is Noise IK byte by byte as an implementation from its specification has it', () => {
    const script = fc.record({
      prologue: payload,
      initiatorStatic: key,
      initiatorEphemeral: key,
      responderStatic: key,
      responderEphemeral: key,
      firstPayload: payload,
      secondPayload: payload,
    });
    fc.assert(
      fc.property(script, (each) => assert.deepEqual(play(each), noiseIk(each))),
      { numRuns: 20 },
    );
  });

  it('is the published vector of noise-c (tests/vector/noise-c-basic.txt), byte for byte', () => {
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    const script: Script = {
      prologue: text('Prologue123'),
      initiatorStatic: bytesOf('e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1'),
      initiatorEphemeral: bytesOf(
        '893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a',
      ),
      responderStatic: bytesOf('4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893'),
      responderEphemeral: bytesOf(
        'bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b',
      ),
      firstPayload: text('Ludwig von Mises'),
      secondPayload: text('Murray Rothbard'),
    };
    const { firstMessage, secondMessage } = play(script);
    assert.equal(
      toHex(firstMessage),
      'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944' +
        'ba83a447b38c83e327ad936929812f624884847b7831e95e197b2f797088efdd232fe541af156ec6d0657602902a8c3e' +
        'e64e470f4b6fcd9298ce0b56fe20f86e60d9d933ec6e103ffb09e6001d6abb64',
    );
    assert.equal(
      toHex(secondMessage),
      '95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843' +
        '9f069b267a06b3de3ecb1043bcb09807c6cd101f3826192a65f11ef3fe4317',
    );
    assert.deepEqual(play(script), noiseIk(script));
  });

  it('fails with another prologue, another responder or any bit changed, and can then be tried again', () => {
    const [alice, bob, carol] = [1, 2, 3].map((seed) =>
      crypto.identity(new Uint8Array(32).fill(seed)),
    );
    assert.ok(alice && bob && carol);
    const prologue = Uint8Array.of(1);
    const first = crypto.initiate({
      identity: alice,
      remotePublicKey: bob.publicKey,
      prologue,
      payload: Uint8Array.of(5),
      ephemeral: systemRandom(32),
    });
    assert.ok(first);
    const { message } = first;
    assert.equal(crypto.accept({ identity: carol, prologue, message }), undefined);
    assert.equal(crypto.accept({ identity: bob, prologue: Uint8Array.of(2), message }), undefined);
    for (let at = 0; at < message.length; at++) {
      const changed: Uint8Array = Uint8Array.from(message);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(crypto.accept({ identity: bob, prologue, message: changed }), undefined);
    }
    const answer = crypto
      .accept({ identity: bob, prologue, message })
      ?.respond(Uint8Array.of(6), systemRandom(32));
    assert.ok(answer);
    for (let at = 0; at < answer.message.length; at++) {
      const changed: Uint8Array = Uint8Array.from(answer.message);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(first.finish(changed), undefined);
    }
    assert.deepEqual(first.finish(answer.message)?.keys.send, answer.keys.receive);
  });

  it('does not throw at low-order points and random messages', () => {
    const bob = crypto.identity(new Uint8Array(32).fill(2));
    const accept = (message: Uint8Array): unknown =>
      crypto.accept({ identity: bob, prologue: new Uint8Array(), message });
    assert.equal(accept(new Uint8Array(200)), undefined);
    fc.assert(fc.property(payload, (message) => assert.equal(accept(message), undefined)));
    const weak = { identity: bob, prologue: new Uint8Array(), payload: new Uint8Array() };
    const remotePublicKey = new Uint8Array(32);
    assert.equal(
      crypto.initiate({ ...weak, remotePublicKey, ephemeral: systemRandom(32) }),
      undefined,
    );
  });
});

describe('systemRandom', () => {
  it('yields as many bytes as asked for, and others each time', () => {
    assert.equal(systemRandom(0).length, 0);
    assert.notDeepEqual(systemRandom(32), systemRandom(32));
  });
});
