import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BanterError } from '../../../core/errors.ts';
import { defaultPort, fingerprintOf, parseServerAddress } from '../../../core/net/address.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const port = fc.integer({ min: 1, max: 65_535 });
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.constantFrom('localhost', '[fe80::1%eth0]', 'chat-server_1'),
);

const thisMachine = new Set(['127.0.0.1', '::1']);

function isRefused(text: string): boolean {
  try {
    parseServerAddress(text);
    return false;
  } catch (error) {
    assert.ok(error instanceof BanterError);
    assert.equal(error.code, 'ADDRESS_INVALID');
    return true;
  }
}

describe('the address of a server', () => {
  it('is a host, with a port or without, with a fingerprint or without', () => {
    fc.assert(
      fc.property(host, fc.option(port), fc.option(key), (name, number, fingerprint) => {
        const suffix = fingerprint === null ? '' : `#${fingerprintOf(fingerprint)}`;
        const parsed = parseServerAddress(`${name}${number === null ? '' : `:${number}`}${suffix}`);
        assert.equal(parsed.host, name.replace(/^\[(.*)\]$/, '$1'));
        assert.equal(parsed.port, number ?? defaultPort);
        assert.deepEqual(parsed.key, fingerprint ?? undefined);
        if (thisMachine.has(parsed.host)) return;
        assert.equal(parsed.name, `${name.toLowerCase()}:${parsed.port}`);
      }),
    );
  });

  it('is one name however it is spelt: with brackets or without, with the default port or without', () => {
    const spellings = ['fe80::1', '[fe80::1]', '[FE80::1]:6666', ' [fe80::1] '];
    const names = spellings.map((text) => parseServerAddress(text).name);
    assert.deepEqual(new Set(names), new Set(['[fe80::1]:6666']));
    assert.equal(parseServerAddress('10.0.0.1').name, parseServerAddress('10.0.0.1:6666').name);
  });

  it('is refused with a code when it is none', () => {
    const wrong = ['', ' ', ':6666', 'host:', 'host:0', 'host:65536', 'host:66x', 'host:1:2'];
    const short = fingerprintOf(new Uint8Array(31));
    for (const text of [...wrong, 'two words', '[::1', '[host]', 'a#', `a#${short}`, 'a#b#c']) {
      assert.ok(isRefused(text), text);
    }
  });

  it('has one name for this machine, and for a host in any case', () => {
    for (const text of ['localhost', '127.0.0.1:6666', '[::1]', 'LOCALHOST']) {
      assert.equal(parseServerAddress(text).name, 'localhost:6666');
    }
    assert.equal(parseServerAddress('Chat.Example.ORG:7').name, 'chat.example.org:7');
  });

  it('is a host and a port between 1 and 65535, or refused, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('[', ']', ':', '#', '.', '1', 'a', '%', ' ') }),
    );
    fc.assert(
      fc.property(text, (each) => {
        if (isRefused(each)) return;
        const parsed = parseServerAddress(each);
        assert.ok(parsed.host.length > 0);
        assert.ok(parsed.port >= 1 && parsed.port <= 65_535);
        assert.equal(parseServerAddress(parsed.name).name, parsed.name);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a fingerprint', () => {
  it('is 43 characters, and another key has another one', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        assert.match(fingerprintOf(a), /^[\w-]{43}$/);
        assert.equal(fingerprintOf(a) === fingerprintOf(b), Buffer.compare(a, b) === 0);
      }),
    );
  });

  it('has one spelling: padding and spare bits are refused', () => {
    assert.ok(!isRefused(`a#${'A'.repeat(43)}`));
    assert.ok(isRefused(`a#${'A'.repeat(42)}B`));
    assert.ok(isRefused(`a#${'A'.repeat(43)}=`));
  });
});
