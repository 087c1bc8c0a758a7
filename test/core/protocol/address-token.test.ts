import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { AddressTokens, addressTokenBytes } from '../../../core/protocol/address-token.ts';
import { Random } from '../../support/random.ts';

const crypto = new SodiumCrypto();
const identity = crypto.identity(new Random(1).bytes(32));
const address = { host: '192.0.2.1', port: 5000 };
const startedAtMs = Date.UTC(2026, 0, 1);
const dayMs = 24 * 60 * 60 * 1000;

function tokens(epochMs = startedAtMs): AddressTokens {
  return new AddressTokens(crypto, identity, epochMs);
}

// docs/PROTOCOL.md §3.
describe('an address token', () => {
  it('proves for 24 hours that a host was there', () => {
    const token = tokens().issue(address, 1500);
    assert.equal(token.length, addressTokenBytes);
    assert.ok(tokens().verify(token, address, 1500));
    assert.ok(tokens().verify(token, address, 1000 + dayMs));
    assert.ok(!tokens().verify(token, address, 2000 + dayMs));
  });

  it('is good at any port of the host, however the host is spelt, and at no other host', () => {
    const token = tokens().issue(address, 0);
    assert.ok(tokens().verify(token, { ...address, port: 5001 }, 0));
    assert.ok(tokens().verify(token, { ...address, host: '::ffff:c000:201' }, 0));
    assert.ok(!tokens().verify(token, { ...address, host: '192.0.2.2' }, 0));
    const relayed = tokens().issue({ host: 'relay-0a', port: 0 }, 0);
    assert.ok(tokens().verify(relayed, { host: 'relay-0a', port: 0 }, 0));
    assert.ok(!tokens().verify(relayed, { host: 'relay-0b', port: 0 }, 0));
  });

  it('is good at a later process of the same identity, whose own clock begins anew', () => {
    const token = tokens().issue(address, 5000);
    assert.ok(tokens(startedAtMs + 60_000).verify(token, address, 0));
    assert.ok(!tokens(startedAtMs + dayMs + 60_000).verify(token, address, 0));
  });

  it('of a time to come is worth nothing: the clock was set back', () => {
    const token = tokens().issue(address, 5000);
    assert.ok(!tokens(startedAtMs - dayMs).verify(token, address, 0));
  });

  it('of another identity is worth nothing', () => {
    const other = new AddressTokens(crypto, crypto.identity(new Random(2).bytes(32)), startedAtMs);
    assert.ok(!tokens().verify(other.issue(address, 0), address, 0));
  });

  it('is worth nothing with any bit changed', () => {
    const token = tokens().issue(address, 0);
    fc.assert(
      fc.property(fc.nat(8 * addressTokenBytes - 1), (bit) => {
        const forged = token.slice();
        forged[bit >>> 3] = (forged[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
        assert.ok(!tokens().verify(forged, address, 0));
      }),
    );
  });
});
