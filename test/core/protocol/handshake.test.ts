import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
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
  handshakePrologue,
} from '../../../core/protocol/handshake.ts';

const crypto = new SodiumCrypto();
const filled = (count: number, value: number): Uint8Array => new Uint8Array(count).fill(value);
const nonce = filled(8, 0xa1);
const cookie = filled(20, 0xb2);
const identity = filled(32, 0xc3);
const introduction = { connectionId: filled(8, 0xd4), resetToken: filled(16, 0xe5) };

/** The datagram up to its padding. */
function withoutPadding(datagram: Uint8Array): string {
  return toHex(datagram).replace(/(00)*$/, '');
}

// docs/PROTOCOL.md §3.
describe('the datagrams of the handshake', () => {
  it('stand on the wire as they are written down', () => {
    const versions = [2, 1];
    assert.equal(withoutPadding(encodeHello({ versions, nonce })), `01020201${'a1'.repeat(8)}`);
    assert.equal(
      toHex(encodeRetry({ nonce, version: 1, versions: [1], cookie, identity })),
      `02${'a1'.repeat(8)}010101${'b2'.repeat(20)}${'c3'.repeat(32)}`,
    );
    const init = { versions, nonce, version: 1, cookie, message: filled(3, 0xf6) };
    assert.equal(
      withoutPadding(encodeInit(init)),
      `03020201${'a1'.repeat(8)}01${'b2'.repeat(20)}03f6f6f6`,
    );
    assert.equal(
      toHex(encodeResponse({ connectionId: introduction.connectionId, message: filled(2, 7) })),
      `04${'d4'.repeat(8)}0707`,
    );
    assert.equal(
      toHex(handshakePrologue([2, 1], [1], 1, identity)),
      `62616e746572020201010101${'c3'.repeat(32)}`,
    );
  });

  it('read back as what was written', () => {
    const versions = fc.array(fc.nat(255), { minLength: 1, maxLength: 16 });
    fc.assert(
      fc.property(
        versions,
        fc.nat(255),
        fc.uint8Array({ maxLength: 200 }),
        (list, version, message) => {
          assert.deepEqual(decodeHello(encodeHello({ versions: list, nonce })), {
            versions: list,
            nonce,
          });
          const retry = { nonce, version, versions: list, cookie, identity };
          assert.deepEqual(decodeRetry(encodeRetry(retry)), retry);
          const init = { versions: list, nonce, version, cookie, message };
          assert.deepEqual(decodeInit(encodeInit(init)), init);
          const response = { connectionId: introduction.connectionId, message };
          assert.deepEqual(decodeResponse(encodeResponse(response)), response);
        },
      ),
    );
  });

  it('of an initiator have 1200 bytes, and shorter ones are not read', () => {
    const hello = encodeHello({ versions: [1], nonce });
    const init = encodeInit({ versions: [1], nonce, version: 1, cookie, message: filled(100, 1) });
    assert.equal(hello.length, 1200);
    assert.equal(init.length, 1200);
    assert.equal(decodeHello(hello.subarray(0, 1199)), undefined);
    assert.equal(decodeInit(init.subarray(0, 1199)), undefined);
  });

  it('are not read where they are cut, or with no version or more than 16', () => {
    const retry = encodeRetry({ nonce, version: 1, versions: [1], cookie, identity });
    for (let length = 0; length < retry.length; length++) {
      assert.equal(decodeRetry(retry.subarray(0, length)), undefined);
    }
    for (let length = 0; length < 9; length++) {
      assert.equal(decodeResponse(filled(length, 4)), undefined);
    }
    for (const count of [0, 17]) {
      const hello = encodeHello({ versions: Array.from({ length: count }, () => 1), nonce });
      assert.equal(decodeHello(hello), undefined);
    }
  });

  it('of random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1200, size: 'max' }), (head) => {
        const datagram = new Uint8Array(1200);
        datagram.set(head);
        for (const decode of [decodeHello, decodeRetry, decodeInit, decodeResponse]) {
          decode(datagram);
          decode(head);
        }
        decodeResponder(head);
        decodeInitiator(crypto, head, identity);
      }),
    );
  });
});

describe('what an initiator says of itself', () => {
  const person = crypto.identity(filled(32, 1));
  const payload = encodeInitiator(introduction, person);

  it('is believed if its Ed25519 key belongs to the X25519 key that the handshake proves', () => {
    assert.deepEqual(decodeInitiator(crypto, payload, person.agreement.publicKey), {
      identity: person.publicKey,
      ...introduction,
    });
  });

  it('is not believed of another key', () => {
    const other = crypto.identity(filled(32, 2));
    assert.equal(decodeInitiator(crypto, payload, other.agreement.publicKey), undefined);
    const claim = encodeInitiator(introduction, { ...person, publicKey: other.publicKey });
    assert.equal(decodeInitiator(crypto, claim, person.agreement.publicKey), undefined);
  });

  it('is not believed of a key that is no point of full order', () => {
    for (const value of [0, 1]) {
      const weak = new Uint8Array(32);
      weak[0] = value;
      const claim = encodeInitiator(introduction, { ...person, publicKey: weak });
      assert.equal(decodeInitiator(crypto, claim, new Uint8Array(32)), undefined);
    }
  });

  it('is followed by what a responder says: its connection id and its reset token', () => {
    const answer = encodeResponder(introduction);
    assert.deepEqual(decodeResponder(answer), introduction);
    for (let length = 0; length < answer.length; length++) {
      assert.equal(decodeResponder(answer.subarray(0, length)), undefined);
    }
  });
});
