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
  initiatorBytesMin,
} from '../../../core/protocol/handshake.ts';

const crypto = new SodiumCrypto();
const filled = (count: number, value: number): Uint8Array => new Uint8Array(count).fill(value);
const nonce = filled(8, 0xa1);
const cookie = filled(20, 0xb2);
const identity = filled(32, 0xc3);
const addressToken = filled(20, 0x96);
const introduction = { connectionId: filled(8, 0xd4), resetToken: filled(16, 0xe5) };

const anInit = {
  versions: [1],
  nonce,
  version: 1,
  proof: { type: 'cookie', bytes: cookie },
  message: filled(100, 1),
} as const;

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
    for (const [type, number, bytes] of [
      ['cookie', '01', cookie],
      ['token', '02', addressToken],
    ] as const) {
      const init = { versions, nonce, version: 1, message: filled(3, 0xf6) };
      assert.equal(
        withoutPadding(encodeInit({ ...init, proof: { type, bytes } })),
        `03020201${'a1'.repeat(8)}01${number}${toHex(bytes)}03f6f6f6`,
      );
    }
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
        fc.constantFrom('cookie', 'token'),
        (list, version, message, type) => {
          assert.deepEqual(decodeHello(encodeHello({ versions: list, nonce })), {
            versions: list,
            nonce,
          });
          const retry = { nonce, version, versions: list, cookie, identity };
          assert.deepEqual(decodeRetry(encodeRetry(retry)), retry);
          const proof = { type, bytes: cookie };
          const init = { versions: list, nonce, version, proof, message };
          assert.deepEqual(decodeInit(encodeInit(init)), init);
          const response = { connectionId: introduction.connectionId, message };
          assert.deepEqual(decodeResponse(encodeResponse(response)), response);
        },
      ),
    );
  });

  it('of an initiator have 1200 bytes, and shorter ones are not read', () => {
    const hello = encodeHello({ versions: [1], nonce });
    const init = encodeInit(anInit);
    assert.equal(hello.length, 1200);
    assert.equal(init.length, 1200);
    assert.equal(decodeHello(hello.subarray(0, 1199)), undefined);
    assert.equal(decodeInit(init.subarray(0, 1199)), undefined);
  });

  it('of an initiator need little padding where the relay vouches for it, and nowhere else', () => {
    const bytesMin = initiatorBytesMin({ host: 'relay-0a', port: 1 });
    const hello = encodeHello({ versions: [1], nonce }, bytesMin);
    const init = encodeInit(anInit, bytesMin);
    assert.deepEqual([hello.length, init.length], [128, 135]);
    assert.deepEqual(decodeHello(hello, bytesMin), { versions: [1], nonce });
    assert.deepEqual(decodeInit(init, bytesMin), anInit);
    for (let length = 0; length < init.length; length++) {
      assert.equal(decodeHello(hello.subarray(0, Math.min(length, 127)), bytesMin), undefined);
      assert.equal(decodeInit(init.subarray(0, length), bytesMin), undefined);
    }
    for (const host of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', 'my-relay-0a']) {
      assert.equal(initiatorBytesMin({ host, port: 1 }), 1200);
    }
  });

  it('bear a cookie or a token and no other kind of proof', () => {
    const init = encodeInit(anInit);
    for (let kind = 0; kind < 256; kind++) {
      init[12] = kind;
      assert.equal(decodeInit(init)?.proof.type, { 1: 'cookie', 2: 'token' }[kind]);
    }
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
        for (const input of [datagram, head]) {
          decodeHello(input, 0);
          decodeRetry(input);
          decodeInit(input, 0);
          decodeResponse(input);
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

  it('is followed by what a responder says: connection id, reset token and address token', () => {
    const said = { ...introduction, addressToken };
    const answer = encodeResponder(said);
    assert.equal(toHex(answer), 'd4'.repeat(8) + 'e5'.repeat(16) + '96'.repeat(20));
    assert.deepEqual(decodeResponder(answer), said);
    for (let length = 0; length < answer.length; length++) {
      assert.equal(decodeResponder(answer.subarray(0, length)), undefined);
    }
  });
});
