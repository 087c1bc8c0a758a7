import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  addressKey,
  canonicalHost,
  ipv6Network,
  isPrivateHost,
  isRelayed,
  sameAddress,
} from '../../../core/protocol/address.ts';

/** Eight groups of an IPv6 address, of which many are zero. */
const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });

describe('a host', () => {
  it('that is IPv4 mapped into IPv6 is that IPv4 address, however it is spelt', () => {
    for (const spelling of [
      '1.2.3.4',
      '::ffff:1.2.3.4',
      '::FFFF:1.2.3.4',
      '::ffff:0102:0304',
      '::ffff:102:304',
      '0:0:0:0:0:ffff:0102:0304',
      '0000:0000:0000:0000:0000:ffff:1.2.3.4',
      '0::ffff:1.2.3.4',
    ]) {
      assert.equal(canonicalHost(spelling), '1.2.3.4', spelling);
    }
  });

  it('that is IPv6 has the text of RFC 5952', () => {
    for (const [spelling, text] of [
      ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
      ['2001:0db8::0001', '2001:db8::1'],
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['0:0:0:0:0:0:0:0', '::'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['1:0:0:0:0:0:0:0', '1::'],
      ['::102:304', '::102:304'],
      ['fe80:0::A%eth0', 'fe80::a%eth0'],
    ] as const) {
      assert.equal(canonicalHost(spelling), text, spelling);
    }
  });

  it('that is no IPv6 literal stays as it is', () => {
    for (const text of [
      '192.0.2.1',
      'relay-00aa',
      'localhost',
      '',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
      '12345::',
      'g::',
      '::1.2.3',
      '::1.2.3.256',
      '1.2.3.4::',
    ]) {
      assert.equal(canonicalHost(text), text, text);
    }
  });

  it('has one text for all spellings, which is a spelling itself', () => {
    fc.assert(
      fc.property(groups, fc.boolean(), fc.boolean(), (numbers, isPadded, isUpper) => {
        const words = numbers.map((group) => group.toString(16).padStart(isPadded ? 4 : 1, '0'));
        const spelling = isUpper ? words.join(':').toUpperCase() : words.join(':');
        const text = canonicalHost(spelling);
        assert.equal(canonicalHost(text), text);
        const parsed = new URL(`http://[${spelling}]/`).hostname.slice(1, -1);
        const isMapped = numbers.slice(0, 5).every((group) => group === 0) && numbers[5] === 0xffff;
        if (!isMapped) assert.equal(text, parsed);
      }),
    );
  });

  it('that begins with relay- is a peer behind the relay, and nobody else is', () => {
    assert.ok(isRelayed({ host: 'relay-00aa', port: 1 }));
    for (const host of ['192.0.2.1', '2001:db8::1', 'relay', 'a-relay-', '']) {
      assert.ok(!isRelayed({ host, port: 1 }), host);
    }
  });
});

describe('an address', () => {
  it('has one key', () => {
    assert.equal(addressKey({ host: '::ffff:0102:0304', port: 7 }), '1.2.3.4:7');
    assert.equal(addressKey({ host: '2001:DB8::0:1', port: 7 }), '[2001:db8::1]:7');
    assert.equal(addressKey({ host: 'relay-00aa', port: 7 }), 'relay-00aa:7');
  });

  it('is the same however it is spelt, and another with another host or port', () => {
    const address = { host: '1.2.3.4', port: 7 };
    assert.ok(sameAddress(address, { host: '1.2.3.4', port: 7 }));
    assert.ok(sameAddress(address, { host: '::ffff:102:304', port: 7 }));
    assert.ok(!sameAddress(address, { host: '1.2.3.4', port: 8 }));
    assert.ok(!sameAddress(address, { host: '1.2.3.5', port: 7 }));
    assert.ok(!sameAddress({ host: 'fe80::1%a', port: 7 }, { host: 'fe80::1%b', port: 7 }));
  });
});

describe('the network of a host', () => {
  it('is the first bits of an IPv6 address', () => {
    assert.equal(ipv6Network('2001:db8:1:2:3:4:5:6', 64), '2001:db8:1:2::/64');
    assert.equal(ipv6Network('2001:db8:1:2:3:4:5:6', 48), '2001:db8:1::/48');
    assert.equal(ipv6Network('fe80::1%eth0', 64), 'fe80::/64%eth0');
    assert.equal(ipv6Network('::1', 64), '::/64');
  });

  it('is nothing for IPv4, mapped or not, and for a relayed peer', () => {
    for (const host of ['1.2.3.4', '::ffff:1.2.3.4', '::ffff:102:304', 'relay-00aa']) {
      assert.equal(ipv6Network(host, 64), undefined, host);
    }
  });
});

describe('a private host', () => {
  it('is one of RFC 1918, RFC 3927 or RFC 4193, however it is spelt', () => {
    for (const host of [
      '10.0.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.9.9',
      '::ffff:10.0.0.1',
      'fd00::1',
    ]) {
      assert.ok(isPrivateHost(host), host);
    }
    for (const host of [
      '127.0.0.1',
      '::1',
      '172.32.0.1',
      '8.8.8.8',
      '2001:db8::1',
      '0.0.0.0',
      '255.255.255.255',
      'relay-00',
      'localhost',
      '',
    ]) {
      assert.ok(!isPrivateHost(host), host);
    }
  });
});
