import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { GrantBook, Granted, type GrantRecord } from '../../plugins/index.ts';
import { temporaryHome } from '../support/home.ts';

function record(plugin: string, source: string, ...grants: readonly string[]): GrantRecord {
  return { plugin, source, version: '1.0.0', granted: Granted.parse(grants) };
}

function place(t: TestContext): { readonly folder: string; readonly path: string } {
  const folder = join(temporaryHome(t).path, 'data');
  return { folder, path: join(folder, 'plugin-grants.json') };
}

test('what was granted is there for the next process, for its owner’s eyes only, and nothing else is', (t) => {
  const { folder, path } = place(t);
  assert.deepEqual(new GrantBook(path).records(), []);
  new GrantBook(path).put(record('dice', 'file:/a.ts', 'message.read@ops', 'storage'));
  const found = new GrantBook(path).find('dice', 'file:/a.ts');
  assert.deepEqual(found?.granted.notation, ['message.read@ops', 'storage']);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['plugin-grants.json']);
});

test('another plugin of the same id inherits nothing', (t) => {
  const book = new GrantBook(place(t).path);
  book.put(record('dice', 'file:/a.ts', 'storage'));
  assert.equal(book.find('dice', 'file:/b.ts'), undefined);
  book.put(record('dice', 'file:/b.ts', 'schedule'));
  assert.deepEqual(book.find('dice', 'file:/a.ts')?.granted.notation, ['storage']);
});

test('a record is replaced by the next of its plugin, and taken away', (t) => {
  const book = new GrantBook(place(t).path);
  book.put(record('dice', 'file:/a.ts', 'storage'));
  book.put(record('dice', 'file:/a.ts', 'schedule'));
  assert.deepEqual(
    book.records().map(({ granted }) => granted.notation),
    [['schedule']],
  );
  assert.equal(book.remove(({ plugin }) => plugin === 'dice').length, 1);
  assert.deepEqual(book.records(), []);
});

for (const [name, text, code] of [
  ['no JSON', '{"format":1,"plugins":[', 'DATA_DAMAGED'],
  ['another shape', '{"format":1,"plugins":[{"plugin":"dice"}]}', 'DATA_DAMAGED'],
  ['nothing', '', 'DATA_DAMAGED'],
  [
    'an unknown permission',
    '{"format":1,"plugins":[{"plugin":"x","source":"y","version":"1.0.0","grants":["root"]}]}',
    'DATA_DAMAGED',
  ],
  ['a later format', '{"format":2}', 'DATA_TOO_NEW'],
] as const) {
  test(`a file that holds ${name} is an error that names it, and is never written over`, (t) => {
    const { folder, path } = place(t);
    new GrantBook(path).put(record('dice', 'file:/a.ts', 'storage'));
    writeFileSync(path, text);
    const book = new GrantBook(path);
    for (const attempt of [
      () => book.records(),
      () => book.put(record('dice', 'file:/b.ts', 'storage')),
      () => book.remove(() => true),
    ]) {
      assert.throws(attempt, (error: Error & { code?: string }) => {
        assert.equal(error.code, code);
        return error.message.includes(path);
      });
    }
    assert.equal(readFileSync(path, 'utf8'), text);
    assert.deepEqual(readdirSync(folder), ['plugin-grants.json']);
  });
}

test('a thousand plugins have grants, one more has not', () => {
  const book = new GrantBook(undefined);
  for (let n = 0; n < 1000; n++) book.put(record(`p${n}`, 'file:/a.ts', 'storage'));
  assert.throws(() => book.put(record('more', 'file:/a.ts', 'storage')), {
    code: 'OPTION_INVALID',
    message: /banter plugin revoke/,
  });
  book.put(record('p7', 'file:/a.ts', 'schedule'));
});
