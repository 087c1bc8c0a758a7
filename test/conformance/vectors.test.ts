/** The second implementation reads the test vectors and writes them again (docs/PROTOCOL.md §11). */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { clientToClient, clientToServer, directoryHash, entry, serverToClient } from './chat.ts';
import { readFrames, writeFrame } from './frames.ts';
import { Handshake, identityOf, nextPhaseKey } from './noise.ts';
import { decoded, encoded, type Field, hex } from './notation.ts';
import { seal, unseal, wholeNumber } from './packets.ts';

function vectors(name: string) {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

/** A value of ours as the vectors write it: bytes as hex, of records only what both have in the same form. */
function alike(ours: object, theirs: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(ours)) {
    if (typeof value !== 'object') assert.equal(value, theirs[name], name);
    if (value instanceof Uint8Array && name in theirs) assert.equal(hex(value), theirs[name], name);
  }
}

describe('the second implementation', () => {
  it('imports nothing but sockets, primitives of cryptography and itself', () => {
    const sources = readdirSync(import.meta.dirname).filter((name) => !name.endsWith('.test.ts'));
    assert.ok(sources.length > 0);
    for (const name of sources) {
      const source = readFileSync(new URL(name, import.meta.url), 'utf8');
      for (const [, from = ''] of source.matchAll(/^(?:import|\}) .*?from '(.*?)';$/gm)) {
        assert.match(from, /^(node:(dgram|events)|@noble\/.*|\.\/[\w-]+\.ts)$/, name);
      }
    }
  });
});

describe('the vectors of frames', () => {
  for (const { about, frame, bytes: text } of vectors('frames').frames) {
    it(`hold for ${about}: ${frame.type} ${text}`, () => {
      // PAD alone is no packet.
      const [read] = readFrames(
        Uint8Array.of(...bytesOf(text), ...(frame.type === 'pad' ? [1] : [])),
      );
      assert.ok(read);
      if (frame.type === 'pad') return;
      alike(read, frame);
      if (read.type !== 'extension') assert.equal(hex(writeFrame(read)), text);
      if (read.type !== 'ack') return;
      assert.deepEqual(read.of.ranges, frame.ranges);
      assert.equal((read.of.delay * 8) / 1000, frame.delayMs);
    });
  }
});

describe('the vectors of messages', () => {
  const tables = { clientToServer, serverToClient, clientToClient };
  for (const [table, field] of Object.entries<Field<{ readonly type: string }>>(tables)) {
    for (const { about, message, bytes: text } of vectors('messages')[table]) {
      it(`hold for ${table}, ${about}: ${message.type} ${text.slice(0, 40)}`, () => {
        const read = decoded(field, bytesOf(text));
        alike(read, message);
        assert.equal(hex(encoded(field, read)), text);
      });
    }
  }
});

describe('the vectors of packets', () => {
  const { packets, keyUpdate } = vectors('packets');
  for (const { about, key, packetNumber, header, plaintext, packet } of packets) {
    it(`hold for ${about}`, () => {
      const sealed = seal(bytesOf(key), packetNumber, bytesOf(header), bytesOf(plaintext));
      assert.equal(hex(sealed), packet);
      const low = Number.parseInt(header.slice(18), 16);
      assert.equal(wholeNumber(low, packetNumber - 1), packetNumber);
      const opened = unseal(bytesOf(key), packetNumber, bytesOf(packet));
      assert.equal(opened && hex(opened), plaintext);
    });
  }

  it('hold for the key of the next phase', () => {
    assert.equal(hex(nextPhaseKey(bytesOf(keyUpdate.key))), keyUpdate.next);
  });
});

describe('the vectors of the handshake', () => {
  const { initiator, responder, prologue, initiatorKey, responderKey } = vectors('handshake');
  const side = (one: typeof initiator) => {
    const me = identityOf(bytesOf(one.seed));
    const known = bytesOf(responder.identity);
    return new Handshake(me, bytesOf(one.ephemeralSecret), known, bytesOf(prologue));
  };

  it('hold for both sides', () => {
    const [one, other] = [side(initiator), side(responder)];
    assert.equal(hex(one.writeMessage1(bytesOf(initiator.payload))), initiator.message);
    const { payload, proved } = other.readMessage1(bytesOf(initiator.message));
    assert.equal(hex(payload), initiator.payload);
    assert.equal(hex(proved), initiator.staticKey);
    assert.equal(hex(other.writeMessage2(bytesOf(responder.payload))), responder.message);
    assert.equal(hex(one.readMessage2(bytesOf(responder.message))), responder.payload);
    for (const { initiator: first, responder: second } of [one.split(), other.split()]) {
      assert.deepEqual([hex(first), hex(second)], [initiatorKey, responderKey]);
    }
  });
});

describe('the vectors of an envelope', () => {
  it('hold for both sides', () => {
    const { sender, recipient, mid, payload, prologue, sealed } = vectors('envelope');
    assert.equal(prologue, `${hex(Buffer.from('banter envelope'))}01${recipient.identity}${mid}`);
    const side = (seed: string): Handshake =>
      new Handshake(
        identityOf(bytesOf(seed)),
        bytesOf(sender.ephemeralSecret),
        bytesOf(recipient.identity),
        bytesOf(prologue),
      );
    assert.equal(hex(side(sender.seed).writeMessage1(bytesOf(payload))), sealed);
    const read = side(recipient.seed).readMessage1(bytesOf(sealed));
    assert.deepEqual([hex(read.payload), hex(read.proved)], [payload, sender.staticKey]);
    assert.equal(decoded(clientToClient, bytesOf(payload)).type, 'privateMessage');
  });
});

describe('the vectors of the directory', () => {
  it('hold for entries and their hash', () => {
    const { entries } = vectors('directory');
    const read = entries.map(({ bytes }: { readonly bytes: string }) =>
      decoded(entry, bytesOf(bytes)),
    );
    for (const [at, { bytes, hash }] of entries.entries()) {
      assert.equal(hex(encoded(entry, read[at])), bytes);
      assert.equal(hex(directoryHash(read.slice(0, at + 1))), hash);
    }
  });
});
