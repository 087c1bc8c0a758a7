/** Our code reads the test vectors and writes them again; other implementations of the cryptography agree with them. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { clientCodec, peerCodec, serverCodec } from '../../core/chat/wire.ts';
import { SodiumCrypto } from '../../core/net/sodium.ts';
import { ByteReader, fromHex, toHex } from '../../core/protocol/bytes.ts';
import { openEnvelope } from '../../core/protocol/envelope.ts';
import { type Frame, frameType, readFrame, readFrames } from '../../core/protocol/frame.ts';
import { decodeInit, decodeResponse, decodeRetry } from '../../core/protocol/handshake.ts';
import { dataHeaderBytes, readTruncatedPacketNumber } from '../../core/protocol/packet.ts';
import { noiseIk } from '../core/net/noise-oracle.ts';
import { makeVectors, vectorText } from './vectors.ts';

function textOf(name: string): string {
  return readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8');
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? assert.fail(hex);
}

/** Values as they stand in a file. */
function plain(value: unknown): unknown {
  return JSON.parse(vectorText({ value })).value;
}

/** The plaintext of a packet by another implementation of the AEAD. */
function opened(key: string, packetNumber: number, packet: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, BigInt(packetNumber));
  const header = packet.subarray(0, dataHeaderBytes);
  return chacha20poly1305(bytesOf(key), nonce, header).decrypt(packet.subarray(dataHeaderBytes));
}

describe('the test vectors', () => {
  for (const [name, vector] of Object.entries(makeVectors())) {
    it(`are what test/vectors/generate.ts makes: ${name}`, () => {
      assert.equal(textOf(name), vectorText(vector));
    });
  }
});

describe('the handshake of the vectors', () => {
  const vector = JSON.parse(textOf('handshake'));
  const { initiator, responder, prologue, initiatorKey, responderKey } = vector;
  const sent: readonly {
    readonly from: string;
    readonly form: string;
    readonly datagram: string;
  }[] = vector.datagrams;
  const datagram = (form: string): Uint8Array =>
    bytesOf(sent.find((each) => each.form === form)?.datagram ?? assert.fail(form));

  it('is what another implementation of Noise makes of the same secrets', () => {
    const transcript = noiseIk({
      prologue: bytesOf(prologue),
      initiatorStatic: bytesOf(initiator.staticSecret),
      initiatorEphemeral: bytesOf(initiator.ephemeralSecret),
      responderStatic: bytesOf(responder.staticSecret),
      responderEphemeral: bytesOf(responder.ephemeralSecret),
      firstPayload: bytesOf(initiator.payload),
      secondPayload: bytesOf(responder.payload),
    });
    assert.equal(toHex(transcript.firstMessage), initiator.message);
    assert.equal(toHex(transcript.secondMessage), responder.message);
    assert.equal(toHex(transcript.initiatorKey), initiatorKey);
    assert.equal(toHex(transcript.responderKey), responderKey);
  });

  it('derives both static keys from the identities as RFC 7748 maps them', () => {
    for (const side of [initiator, responder]) {
      const seed = bytesOf(side.seed);
      assert.equal(toHex(ed25519.getPublicKey(seed)), side.identity);
      assert.equal(toHex(ed25519.utils.toMontgomery(bytesOf(side.identity))), side.staticKey);
      assert.equal(toHex(ed25519.utils.toMontgomerySecret(seed)), side.staticSecret);
    }
  });

  it('travels in the datagrams of the vectors', () => {
    assert.deepEqual(
      sent.slice(0, 4).map(({ from, form }) => `${from} ${form}`),
      ['initiator hello', 'responder retry', 'initiator init', 'responder response'],
    );
    assert.equal(
      toHex(decodeRetry(datagram('retry'))?.identity ?? assert.fail()),
      responder.identity,
    );
    assert.equal(toHex(decodeInit(datagram('init'))?.message ?? assert.fail()), initiator.message);
    const response = decodeResponse(datagram('response'));
    assert.equal(toHex(response?.message ?? assert.fail()), responder.message);
  });

  it('is followed by packets that its keys open', () => {
    const packets = sent.filter(({ form }) => form === 'data');
    assert.ok(packets.some(({ from }) => from === 'responder'));
    for (const { from, datagram: hex } of packets) {
      const packet = bytesOf(hex);
      const key = from === 'initiator' ? initiatorKey : responderKey;
      const plaintext = opened(key, readTruncatedPacketNumber(packet), packet);
      assert.ok(readFrames(plaintext).length > 0);
    }
  });
});

describe('the envelope of the vectors', () => {
  const { sender, recipient, mid, message, payload, prologue, sealed } = JSON.parse(
    textOf('envelope'),
  );

  it('is what another implementation of Noise makes of the same secrets', () => {
    const { firstMessage } = noiseIk({
      prologue: bytesOf(prologue),
      initiatorStatic: bytesOf(sender.staticSecret),
      initiatorEphemeral: bytesOf(sender.ephemeralSecret),
      responderStatic: bytesOf(recipient.staticSecret),
      responderEphemeral: new Uint8Array(32).fill(1),
      firstPayload: bytesOf(payload),
      secondPayload: new Uint8Array(),
    });
    assert.equal(toHex(firstMessage), sealed);
  });

  it('is opened by its recipient', () => {
    const crypto = new SodiumCrypto();
    const identity = crypto.identity(bytesOf(recipient.seed));
    const opened = openEnvelope(crypto, identity, bytesOf(mid), bytesOf(sealed));
    assert.ok(opened);
    assert.equal(toHex(opened.agreementKey), sender.staticKey);
    assert.deepEqual(plain(peerCodec.decode(opened.payload)), message);
  });
});

describe('the packets of the vectors', () => {
  const { packets, keyUpdate } = JSON.parse(textOf('packets'));

  it('are opened by another implementation, under every packet number', () => {
    for (const { about, key, packetNumber, packet, plaintext } of packets) {
      assert.equal(toHex(opened(key, packetNumber, bytesOf(packet))), plaintext, about);
      assert.equal(readTruncatedPacketNumber(bytesOf(packet)), packetNumber % 2 ** 32);
    }
  });

  it('are followed by the key that another implementation of BLAKE2b derives', () => {
    const label = new TextEncoder().encode('banter key update');
    const next = blake2b(label, { dkLen: 32, key: bytesOf(keyUpdate.key) });
    assert.equal(toHex(next), keyUpdate.next);
  });
});

describe('the frames of the vectors', () => {
  const { frames } = JSON.parse(textOf('frames'));

  it('are read as what they are', () => {
    for (const { about, frame, bytes } of frames) {
      const reader = new ByteReader(bytesOf(bytes));
      assert.deepEqual(plain(readFrame(reader)), frame, about);
      assert.equal(reader.remaining, 0, about);
    }
  });

  it('are of every kind', () => {
    const types = new Set(frames.map(({ frame }: { readonly frame: Frame }) => frame.type));
    for (const type of [...Object.keys(frameType), 'extension']) assert.ok(types.has(type), type);
  });
});

describe('the messages of the vectors', () => {
  const { clientToServer, serverToClient, clientToClient } = JSON.parse(textOf('messages'));
  const directions = [
    ['requests', clientCodec, clientToServer],
    ['answers and pushes', serverCodec, serverToClient],
    ['messages between clients', peerCodec, clientToClient],
  ] as const;
  for (const [name, codec, vectors] of directions) {
    it(`are read as what they are: ${name}`, () => {
      for (const { about, message, bytes } of vectors) {
        assert.deepEqual(plain(codec.decode(bytesOf(bytes))), message, about);
      }
    });
  }
});
