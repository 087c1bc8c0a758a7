import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BanterError } from '../../../core/errors.ts';
import { Admission, type AdmissionRefusal } from '../../../core/protocol/admission.ts';
import type { ProofType } from '../../../core/protocol/handshake.ts';

/** Handshakes that are admitted at one instant, one from each host in turn, and what ends them. */
function admitted(
  admission: Admission,
  hostOf: (at: number) => string,
  now = 0,
  proof: ProofType = 'cookie',
): { readonly count: number; readonly refusal: AdmissionRefusal | undefined } {
  for (let count = 0; count < 1000; count++) {
    const from = { host: hostOf(count), port: 1024 + count };
    const refusal = admission.admit(from, proof, now);
    if (refusal !== undefined) return { count, refusal };
  }
  return { count: 1000, refusal: undefined };
}

function limited(limits: ConstructorParameters<typeof Admission>[0] = {}): Admission {
  return new Admission(limits, 10_000);
}

// docs/PROTOCOL.md §10.
describe('admission', () => {
  it('lets 40 at once behind one address, whatever their ports, and then 20 a second', () => {
    const admission = limited();
    const host = (): string => '192.0.2.1';
    assert.deepEqual(admitted(admission, host), { count: 40, refusal: 'rateLimited' });
    assert.equal(admitted(admission, host, 1000).count, 20);
    assert.equal(admitted(admission, () => '192.0.2.2', 1000).count, 40);
  });

  it('counts all spellings of an IPv4 address as one', () => {
    const spellings = ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201', '::FFFF:C000:0201'];
    const host = (at: number): string => spellings[at % 4] ?? '';
    assert.equal(admitted(limited(), host).count, 40);
  });

  it('counts an IPv6 /64 as one address', () => {
    const host = (at: number): string => `2001:db8:1:2::${at.toString(16)}`;
    assert.deepEqual(admitted(limited(), host), { count: 40, refusal: 'rateLimited' });
  });

  it('lets 160 at once from an IPv6 /48, and then 80 a second', () => {
    const admission = limited();
    const host = (at: number): string => `2001:db8:1:${at.toString(16)}::1`;
    assert.deepEqual(admitted(admission, host), { count: 160, refusal: 'networkRateLimited' });
    assert.equal(admitted(admission, host, 1000).count, 80);
    assert.equal(admission.admit({ host: '2001:db8:2::1', port: 1 }, 'cookie', 1000), undefined);
  });

  it('counts a relayed peer by its name', () => {
    const admission = limited();
    assert.equal(admitted(admission, () => 'relay-0a').count, 40);
    assert.equal(admitted(admission, () => 'relay-0b').count, 40);
  });

  it('lets 200 at once in all, and then 100 a second, for each kind of proof', () => {
    const admission = limited();
    const host = (at: number): string => `10.0.${at >> 8}.${at & 255}`;
    for (const proof of ['cookie', 'token'] as const) {
      const refusal = 'totalRateLimited';
      assert.deepEqual(admitted(admission, host, 0, proof), { count: 200, refusal });
      assert.equal(admitted(admission, host, 1000, proof).count, 100);
    }
  });

  it('keeps the burst of an address with a token apart, so that nobody can use up the other', () => {
    const admission = limited();
    const host = (): string => '192.0.2.1';
    assert.equal(admitted(admission, host, 0, 'token').count, 40);
    assert.equal(admitted(admission, host, 0, 'cookie').count, 40);
  });

  it('does not count what it refuses', () => {
    const admission = limited();
    const flood = admitted(admission, () => '192.0.2.1');
    for (let at = 0; at < 1000; at++) {
      assert.equal(admission.admit({ host: '192.0.2.1', port: 1 }, 'cookie', 0), flood.refusal);
    }
    const host = (at: number): string => `10.0.0.${at}`;
    assert.equal(admitted(admission, host).count, 160);
  });

  it('lets an address hold 512 connections, and another one when one has ended', () => {
    const admission = limited();
    const address = { host: '192.0.2.1', port: 1 };
    for (let at = 0; at < 512; at++) admission.opened({ ...address, port: at });
    assert.equal(admission.admit(address, 'cookie', 0), 'addressFull');
    assert.equal(
      admission.admit({ ...address, host: '::ffff:192.0.2.1' }, 'cookie', 0),
      'addressFull',
    );
    assert.equal(admission.admit({ ...address, host: '192.0.2.2' }, 'cookie', 0), undefined);
    admission.closed(address);
    assert.equal(admission.admit(address, 'cookie', 0), undefined);
  });

  it('lets all together hold as many connections as it is told', () => {
    const admission = new Admission({}, 2);
    const hosts = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    const [a, b, c] = hosts.map((host) => ({ host, port: 1 }));
    assert.ok(a && b && c);
    admission.opened(a);
    admission.opened(b);
    assert.equal(admission.admit(c, 'token', 0), 'connectionsFull');
    admission.closed(b);
    assert.equal(admission.admit(c, 'token', 0), undefined);
  });

  it('remembers nothing of an address that has no connection and came long ago', () => {
    const admission = limited();
    const busy = (at: number): string => `10.0.0.${at}`;
    admitted(admission, busy);
    for (let at = 0; at < 100; at++) admission.opened({ host: busy(at), port: 1 });
    for (let at = 0; at < 100; at++) admission.closed({ host: busy(at), port: 1 });
    for (let at = 0; at < 200; at++) {
      admission.admit({ host: '192.0.2.1', port: 1 }, 'cookie', 60_000 + 100 * at);
    }
    assert.equal(admission.size, 2);
  });

  it('takes no limit that is not a whole number of at least 1, nor one of another name', () => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(
        () => limited({ handshakeBurst: value }),
        (error) => error instanceof BanterError && error.code === 'OPTION_INVALID',
        String(value),
      );
    }
    const misspelt = { handshakeBurst: 1, handshakesBurst: 1 };
    assert.throws(() => limited(misspelt), { code: 'OPTION_INVALID' });
    assert.equal(
      limited({ handshakeBurst: 1 }).admit({ host: '::1', port: 1 }, 'token', 0),
      undefined,
    );
  });
});
