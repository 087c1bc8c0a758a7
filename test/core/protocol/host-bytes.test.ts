import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalHost, hostBytes, hostText } from '../../../core/protocol/address.ts';
import { toHex } from '../../../core/protocol/bytes.ts';

describe('hosts as bytes', () => {
  it('come back in the one spelling of their address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (host) => {
        assert.equal(hostText(hostBytes(host)), canonicalHost(host));
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.ipV4(), (host) => assert.equal(hostText(hostBytes(host)), host)));
  });

  const spellings: readonly (readonly [string, string])[] = [
    ['192.0.2.1', 'c0000201'],
    ['::ffff:192.0.2.1', 'c0000201'],
    ['::FFFF:c000:0201', 'c0000201'],
    ['2001:db8::1', `20010db8${'00'.repeat(11)}01`],
    ['64:ff9b::192.0.2.1', `0064ff9b${'00'.repeat(8)}c0000201`],
    ['fe80::1%eth0', `fe80${'00'.repeat(13)}01`],
    ['::', '00'.repeat(16)],
  ];
  for (const [host, hex] of spellings) {
    it(`are ${hex} for ${host}`, () => assert.equal(toHex(hostBytes(host)), hex));
  }

  const others = [
    '',
    'localhost',
    '256.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8::',
    '::12345',
    '::1.2.3',
    '1.2.3.4::',
    ':1:2:3:4:5:6:7',
  ];
  for (const host of others) {
    it(`are none for "${host}"`, () => assert.equal(hostBytes(host).length, 0));
  }

  it('are nothing where there is no address', () => assert.equal(hostText(new Uint8Array()), ''));
});
