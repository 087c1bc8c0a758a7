import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { CookieJar, cookieBytes } from '../../../core/protocol/cookie.ts';
import { Random } from '../../support/random.ts';

const address = { host: '192.0.2.1', port: 5000 };
const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

function jarAt(now: number): CookieJar {
  const random = new Random(5);
  return new CookieJar(new SodiumCrypto(), (count) => random.bytes(count), now);
}

// docs/PROTOCOL.md §3.
describe('a cookie', () => {
  it('proves for 15 seconds that an address got it', () => {
    const jar = jarAt(0);
    const cookie = jar.bake(address, nonce, 1000.7);
    assert.equal(cookie.length, cookieBytes);
    assert.ok(jar.verify(cookie, address, nonce, 1000.7));
    assert.ok(jar.verify(cookie, address, nonce, 16_000));
    assert.ok(!jar.verify(cookie, address, nonce, 16_001));
  });

  it('is worth nothing at another address or port, or with another nonce', () => {
    const jar = jarAt(0);
    const cookie = jar.bake(address, nonce, 0);
    assert.ok(!jar.verify(cookie, { ...address, host: '192.0.2.9' }, nonce, 0));
    assert.ok(!jar.verify(cookie, { ...address, port: 5001 }, nonce, 0));
    assert.ok(!jar.verify(cookie, address, nonce.toReversed(), 0));
  });

  it('is good for an address however it is spelt', () => {
    const jar = jarAt(0);
    const cookie = jar.bake(address, nonce, 0);
    for (const host of ['::ffff:192.0.2.1', '::ffff:c000:0201', '::FFFF:C000:201']) {
      assert.ok(jar.verify(cookie, { ...address, host }, nonce, 0), host);
    }
  });

  it('is worth nothing with any bit changed', () => {
    const jar = jarAt(0);
    const cookie = jar.bake(address, nonce, 0);
    fc.assert(
      fc.property(fc.nat(8 * cookieBytes - 1), (bit) => {
        const forged = cookie.slice();
        const at = bit >>> 3;
        forged[at] = (forged[at] ?? 0) ^ (1 << (bit & 7));
        assert.ok(!jar.verify(forged, address, nonce, 0));
      }),
    );
  });

  it('stays good over one change of the secret and not over two', () => {
    const jar = jarAt(0);
    const cookie = jar.bake(address, nonce, 59_000);
    assert.ok(jar.verify(cookie, address, nonce, 61_000));
    jar.bake(address, nonce, 121_000);
    assert.ok(!jar.verify(cookie, address, nonce, 59_000));
  });

  it('is good across the wrap of its 32-bit clock', () => {
    const wrap = 2 ** 32;
    const jar = jarAt(wrap - 5000);
    const cookie = jar.bake(address, nonce, wrap - 4000);
    assert.ok(jar.verify(cookie, address, nonce, wrap + 3000));
    assert.ok(!jar.verify(cookie, address, nonce, wrap + 12_000));
  });

  it('of another process is worth nothing', () => {
    const random = new Random(6);
    const other = new CookieJar(new SodiumCrypto(), (count) => random.bytes(count), 0);
    assert.ok(!jarAt(0).verify(other.bake(address, nonce, 0), address, nonce, 0));
  });
});
