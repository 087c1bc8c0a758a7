/** What a stolen key opens of what was recorded before, and of what comes after. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { x25519 } from '@noble/curves/ed25519.js';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import type { TrafficKeys } from '../../../core/protocol/crypto.ts';
import { decodeInitiator, encodeInitiator } from '../../../core/protocol/handshake.ts';
import { SymmetricState } from '../net/noise-oracle.ts';

const crypto = new SodiumCrypto();
const headerBytes = 13;
const prologue = Uint8Array.of(1);
const answer = Uint8Array.of(2);
const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const [initiator, responder] = [crypto.identity(filled(1)), crypto.identity(filled(2))];
const [callEphemeral, answerEphemeral, guessed] = [filled(3), filled(4), filled(5)];

function sealed(key: Uint8Array): Uint8Array {
  const packet = new Uint8Array(headerBytes + 5 + 16);
  crypto.seal(key, 0, packet, headerBytes);
  return packet;
}

function opens(key: Uint8Array, packet: Uint8Array): boolean {
  return crypto.open(key, 0, packet, headerBytes) !== undefined;
}

/** Everything that goes over the wire: both messages of a handshake, and a packet in each direction. */
function recorded(): {
  readonly call: Uint8Array;
  readonly response: Uint8Array;
  readonly packets: readonly Uint8Array[];
} {
  const { message: call } = called(callEphemeral);
  const { message: response, keys } = answered(call, answerEphemeral);
  return { call, response, packets: [sealed(keys.send), sealed(keys.receive)] };
}

/** The first message with an ephemeral key, as only who has the initiator's key can make it. */
function called(ephemeral: Uint8Array): NonNullable<ReturnType<SodiumCrypto['initiate']>> {
  const introduction = { connectionId: new Uint8Array(8), resetToken: new Uint8Array(16) };
  const payload = encodeInitiator(introduction, initiator);
  const remotePublicKey = responder.publicKey;
  const options = { identity: initiator, remotePublicKey, prologue, payload, ephemeral };
  return crypto.initiate(options) ?? assert.fail();
}

/** The second message and the keys, as only who has the responder's key can make them. */
function answered(
  message: Uint8Array,
  ephemeral: Uint8Array,
): { readonly message: Uint8Array; readonly keys: TrafficKeys } {
  const handshake = crypto.accept({ identity: responder, prologue, message });
  return handshake?.respond(answer, ephemeral) ?? assert.fail();
}

describe('whoever has stolen a responder’s key', () => {
  it('uncovers who began a handshake that was recorded', () => {
    const { call } = recorded();
    const handshake = crypto.accept({ identity: responder, prologue, message: call });
    const { payload, remoteAgreementKey } = handshake ?? assert.fail();
    const caller = decodeInitiator(crypto, payload, remoteAgreementKey);
    assert.deepEqual(caller?.identity, initiator.publicKey);
  });

  it('can begin a handshake in another’s name, and cannot say a word after it', () => {
    const { call } = forged();
    const { message: response, keys } = answered(call, answerEphemeral);
    const packet = sealed(keys.send);
    const opensWith = (secret: Uint8Array, point: Uint8Array): boolean =>
      forged()
        .keysWith(x25519.getSharedSecret(secret, point), response)
        .some((key) => opens(key, packet));
    const theirs = response.subarray(0, 32);
    assert.ok(!opensWith(responder.agreement.secretKey, theirs));
    assert.ok(!opensWith(responder.agreement.secretKey, initiator.agreement.publicKey));
    assert.ok(!opensWith(callEphemeral, theirs));
    // It would take the initiator's own key.
    assert.ok(opensWith(initiator.agreement.secretKey, theirs));
  });
});

/** What the initiator's key would have been needed for, from what a thief of the responder's has. */
function forged(): {
  readonly call: Uint8Array;
  /** The two keys of the connection if `shared` is what both static and ephemeral key have in common. */
  readonly keysWith: (shared: Uint8Array, response: Uint8Array) => readonly Uint8Array[];
} {
  const state = new SymmetricState('Noise_IK_25519_ChaChaPoly_BLAKE2b');
  const ephemeral = x25519.getPublicKey(callEphemeral);
  state.mixHash(prologue);
  state.mixHash(responder.agreement.publicKey);
  state.mixHash(ephemeral);
  state.mixKey(x25519.getSharedSecret(callEphemeral, responder.agreement.publicKey));
  const name = state.encryptAndHash(initiator.agreement.publicKey);
  // The step that should prove the initiator: the responder's key does as well.
  state.mixKey(
    x25519.getSharedSecret(responder.agreement.secretKey, initiator.agreement.publicKey),
  );
  const introduction = { connectionId: new Uint8Array(8), resetToken: new Uint8Array(16) };
  const payload = state.encryptAndHash(encodeInitiator(introduction, initiator));
  return {
    call: Uint8Array.from([...ephemeral, ...name, ...payload]),
    keysWith: (shared, response) => {
      const theirs = response.subarray(0, 32);
      state.mixHash(theirs);
      state.mixKey(x25519.getSharedSecret(callEphemeral, theirs));
      state.mixKey(shared);
      return state.split();
    },
  };
}

describe('whoever has stolen the keys of both sides', () => {
  it('reads nothing that was recorded, for want of either ephemeral key', () => {
    const { call, response, packets } = recorded();
    const { send, receive } = answered(call, guessed).keys;
    for (const packet of packets) assert.ok(!opens(send, packet) && !opens(receive, packet));
    assert.equal(called(guessed).finish(response), undefined);
    // With one of them it would: nothing else is missing.
    const { keys } = answered(call, answerEphemeral);
    assert.deepEqual(
      packets.map((packet, at) => opens(at === 0 ? keys.send : keys.receive, packet)),
      [true, true],
    );
    assert.ok(called(callEphemeral).finish(response));
  });
});

describe('whoever has stolen the present key of a connection', () => {
  it('reads what follows, over every change of keys, and nothing of the phases before', () => {
    const first = filled(6);
    const second = crypto.nextKey(first);
    const packets = [first, second, crypto.nextKey(second)].map(sealed);
    const stolen = [second, crypto.nextKey(second), crypto.nextKey(crypto.nextKey(second))];
    assert.deepEqual(
      packets.map((packet) => stolen.some((key) => opens(key, packet))),
      [false, true, true],
    );
  });
});
