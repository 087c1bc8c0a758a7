/** Who has not proved its address is sent no more than it sent, and nothing of it is remembered. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { Acceptor, type AcceptorResult } from '../../../core/protocol/acceptor.ts';
import type { Address } from '../../../core/protocol/address.ts';
import { Admission } from '../../../core/protocol/admission.ts';
import { encodeHello, encodeInit } from '../../../core/protocol/handshake.ts';
import { Random } from '../../support/random.ts';
import { formOf, type Host, Pair } from '../protocol/pair.ts';

/** What an endpoint sends at once for a datagram. Bytes. */
function answerBytes({ endpoint }: Host, datagram: Uint8Array, from: Address, now: number): number {
  endpoint.receive(datagram, from, now);
  let bytes = 0;
  for (;;) {
    const transmit = endpoint.pollTransmit(now);
    if (transmit === undefined) return bytes;
    assert.deepEqual(transmit.to, from);
    bytes += transmit.datagram.length;
  }
}

function assertUntouched({ endpoint }: Host): void {
  assert.equal(endpoint.connectionCount, 0);
  assert.equal(endpoint.pollTimeout(), undefined);
  assert.equal(endpoint.pollEvent(), undefined);
}

const anyAddress = fc.record({
  host: fc.oneof(fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 1, max: 65_535 }),
});

/** Datagrams of every form, right and wrong: random, cut, too long, with proofs that nobody gave. */
const anyDatagram = fc
  .tuple(
    fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 0x40, 0x41, 0x61, 0xff),
    fc.oneof(fc.constant(1200), fc.nat(1300)),
    fc.uint8Array({ minLength: 0, maxLength: 300 }),
    fc.constantFrom('random', 'hello', 'cookie', 'token'),
  )
  .map(([form, length, bytes, kind]) => {
    const datagram = new Uint8Array(length);
    datagram.set(bytes.subarray(0, length));
    if (length > 0) datagram[0] = form;
    const filled = (count: number): Uint8Array => new Uint8Array(count).fill(bytes[0] ?? 0);
    const hello = { versions: [1], nonce: filled(8) };
    if (kind === 'hello') return encodeHello(hello);
    if (kind === 'random') return datagram;
    const proof = { type: kind, bytes: filled(20) };
    return encodeInit({ ...hello, version: 1, proof, message: bytes });
  });

// docs/PROTOCOL.md §2 and §3.
describe('whoever writes any sender on a datagram', () => {
  it('makes an endpoint send there no more than it got, and remember nothing', () => {
    const { server } = new Pair();
    fc.assert(
      fc.property(anyDatagram, anyAddress, fc.nat(100_000), (datagram, from, now) => {
        const bytes = answerBytes(server, datagram, from, now);
        assert.ok(bytes <= datagram.length, `${bytes} bytes answer ${datagram.length}`);
        assertUntouched(server);
      }),
      { numRuns: 1000 },
    );
  });

  it('makes it send there less than it sent also with a handshake it has watched, changed anywhere', () => {
    const pair = new Pair();
    pair.connected();
    pair.restartServer();
    const toServer = pair.sent.filter(({ to }) => to === pair.server.address);
    fc.assert(
      fc.property(
        fc.nat(toServer.length - 1),
        fc.nat(1199),
        fc.nat(255),
        anyAddress,
        (which, at, byte, from) => {
          const { datagram } = toServer[which] ?? assert.fail();
          const changed = datagram.slice();
          changed[at % changed.length] = byte;
          const bytes = answerBytes(pair.server, changed, from, pair.now);
          assert.ok(bytes <= changed.length, `${bytes} bytes answer ${changed.length}`);
          assertUntouched(pair.server);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('leaves no trace in any table with 10,000 forged HELLOs and INITs', () => {
    const crypto = new SodiumCrypto();
    const random = new Random(1);
    const admission = new Admission({}, 10_000);
    const acceptor = new Acceptor({
      crypto,
      random: (count) => random.bytes(count),
      identity: crypto.identity(random.bytes(32)),
      admission,
      epochMs: 0,
      now: 0,
    });
    const results: AcceptorResult['type'][] = [];
    for (let at = 0; at < 10_000; at++) {
      const from = { host: `198.51.${at >> 8}.${at & 255}`, port: 1024 + at };
      const hello = { versions: [1], nonce: random.bytes(8) };
      const type = at % 3 === 0 ? 'token' : 'cookie';
      const proof = { type, bytes: random.bytes(20) } as const;
      const init = { ...hello, version: 1, proof, message: random.bytes(152) };
      const result =
        at % 3 === 1
          ? acceptor.receiveHello(encodeHello(hello), from, at)
          : acceptor.receiveInit(encodeInit(init), from, () => assert.fail(), at);
      results.push(result.type);
    }
    assert.deepEqual(new Set(results), new Set(['reply', 'dropped']));
    assert.deepEqual([acceptor.size, admission.size], [0, 0]);
  });
});

describe('whoever proves an address and is silent then', () => {
  it('is sent less than it sent, for as long as it is remembered', () => {
    const pair = new Pair();
    pair.route = (flight) => (formOf(flight.datagram) === 'data' ? [] : [flight]);
    pair.connect({ timeoutMs: 300 });
    pair.run(60_000);
    assert.equal(pair.server.endpoint.connectionCount, 0);
    const bytesOf = (form: RegExp): number =>
      pair.sent.reduce(
        (sum, { datagram }) => sum + (form.test(formOf(datagram)) ? datagram.length : 0),
        0,
      );
    assert.ok(bytesOf(/retry|response|reset/) * 10 < bytesOf(/hello|init/));
  });
});
