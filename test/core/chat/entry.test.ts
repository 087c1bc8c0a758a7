import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DirectoryHash, entryField } from '../../../core/chat/entry.ts';
import type { DirectoryEntry } from '../../../core/chat/types.ts';
import {
  ByteReader,
  ByteWriter,
  fromHex,
  MalformedError,
  toHex,
} from '../../../core/protocol/bytes.ts';

const key = 'ab'.repeat(32);

function entry(name: string, change: Partial<DirectoryEntry> = {}): DirectoryEntry {
  const address = { host: '192.0.2.1', port: 5000 };
  return { name, key, address, online: true, bot: false, ...change };
}

function written(value: DirectoryEntry): string {
  const writer = new ByteWriter();
  entryField.write(writer, value);
  return toHex(writer.bytes);
}

function hashOf(entries: readonly DirectoryEntry[]): string {
  const hash = new DirectoryHash();
  for (const each of entries) hash.add(each);
  return toHex(hash.bytes);
}

describe('an entry on the wire', () => {
  it('is written as it always was', () => {
    assert.equal(written(entry('ann')), `03616e6e${key}05c00002011388`);
    const v6 = { host: '2001:db8::1', port: 1 };
    const bot = entry('b', { address: v6, online: false, bot: true });
    assert.equal(written(bot), `0162${key}0a20010db8${'00'.repeat(11)}010001`);
    const nowhere = entry('c', { address: { host: '', port: 0 }, online: false });
    assert.equal(written(nowhere), `0163${key}00`);
  });

  it('has no address where the host is none that others could reach', () => {
    const lost = entry('ann', { address: { host: 'localhost', port: 5000 } });
    assert.equal(written(lost), `03616e6e${key}04`);
  });

  it('is not read with a kind or a flag that nobody knows', () => {
    for (const flags of ['03', '10', '80']) {
      const bytes = fromHex(`0161${key}${flags}${'00'.repeat(20)}`) ?? new Uint8Array();
      assert.throws(() => entryField.read(new ByteReader(bytes)), MalformedError);
    }
  });
});

describe('the hash of a directory', () => {
  const entries = fc.uniqueArray(
    fc.record({ name: fc.string({ maxLength: 8 }), port: fc.nat(65_535), online: fc.boolean() }),
    { selector: ({ name }) => name },
  );
  const anyEntries = entries.map((records) =>
    records.map(({ name, port, online }) =>
      entry(name, { address: { host: '192.0.2.1', port }, online }),
    ),
  );

  it('is that of no entry when all have been taken out again', () => {
    assert.equal(hashOf([]), '0000000000000000');
    fc.assert(
      fc.property(anyEntries, (all) => {
        const hash = new DirectoryHash();
        for (const each of all) hash.add(each);
        for (const each of all.toReversed()) hash.remove(each);
        assert.equal(toHex(hash.bytes), '0000000000000000');
      }),
    );
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(anyEntries, (all) => assert.equal(hashOf(all), hashOf(all.toReversed()))),
    );
  });

  it('changes with every field of every entry', () => {
    const others = [
      entry('anna'),
      entry('ann', { key: 'ab'.repeat(31).concat('ac') }),
      entry('ann', { address: { host: '192.0.2.2', port: 5000 } }),
      entry('ann', { address: { host: '192.0.2.1', port: 5001 } }),
      entry('ann', { online: false }),
      entry('ann', { bot: true }),
    ];
    const hashes = [entry('ann'), ...others].map((each) => hashOf([entry('bob'), each]));
    assert.equal(new Set(hashes).size, hashes.length);
  });

  it('is the one that the protocol describes', () => {
    assert.equal(hashOf([entry('ann')]), cyrb53(written(entry('ann'))));
  });
});

/** docs/PROTOCOL.md §7, word by word. */
function cyrb53(hex: string): string {
  const mod = 2n ** 32n;
  let h1 = 0xdeadbeefn;
  let h2 = 0x41c6ce57n;
  for (const byte of fromHex(hex) ?? []) {
    h1 = ((h1 ^ BigInt(byte)) * 0x9e3779b1n) % mod;
    h2 = ((h2 ^ BigInt(byte)) * 0x5f356495n) % mod;
  }
  h1 = (((h1 ^ (h1 >> 16n)) * 0x85ebca6bn) % mod) ^ (((h2 ^ (h2 >> 13n)) * 0xc2b2ae35n) % mod);
  h2 = (((h2 ^ (h2 >> 16n)) * 0x85ebca6bn) % mod) ^ (((h1 ^ (h1 >> 13n)) * 0xc2b2ae35n) % mod);
  return [h1, h2].map((half) => half.toString(16).padStart(8, '0')).join('');
}
