import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { GrantBook, Granted, type GrantRecord } from '../../plugins/index.ts';
import { temporaryHome } from '../support/home.ts';
import { startNode } from '../support/processes.ts';

/** Puts a record in the place of what is there. */
async function put(book: GrantBook, { granted, ...key }: GrantRecord): Promise<void> {
  await book.update(key, () => granted);
}

function record(plugin: string, source: string, ...grants: readonly string[]): GrantRecord {
  return { plugin, source, version: '1.0.0', granted: Granted.parse(grants) };
}

function place(t: TestContext): { readonly folder: string; readonly path: string } {
  const folder = join(temporaryHome(t).path, 'data');
  return { folder, path: join(folder, 'plugin-grants.json') };
}

test('what was granted is there for the next process, for its owner’s eyes only, and nothing else is', async (t) => {
  const { folder, path } = place(t);
  assert.deepEqual(new GrantBook(path).records(), []);
  await put(new GrantBook(path), record('dice', 'file:/a.ts', 'message.read@ops', 'storage'));
  const found = new GrantBook(path).find('dice', 'file:/a.ts');
  assert.deepEqual(found?.granted.notation, ['message.read@ops', 'storage']);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['plugin-grants.json', 'plugin-grants.json.lock']);
});

test('another plugin of the same id inherits nothing', async (t) => {
  const book = new GrantBook(place(t).path);
  await put(book, record('dice', 'file:/a.ts', 'storage'));
  assert.equal(book.find('dice', 'file:/b.ts'), undefined);
  await put(book, record('dice', 'file:/b.ts', 'schedule'));
  assert.deepEqual(book.find('dice', 'file:/a.ts')?.granted.notation, ['storage']);
});

test('a record is replaced by the next of its plugin, and taken away', async (t) => {
  const book = new GrantBook(place(t).path);
  await put(book, record('dice', 'file:/a.ts', 'storage'));
  await put(book, record('dice', 'file:/a.ts', 'schedule'));
  assert.deepEqual(
    book.records().map(({ granted }) => granted.notation),
    [['schedule']],
  );
  const gone = await book.reduce(
    ({ plugin }) => plugin === 'dice',
    () => Granted.of([]),
  );
  assert.equal(gone.length, 1);
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
  test(`a file that holds ${name} is an error that names it, and is never written over`, async (t) => {
    const { folder, path } = place(t);
    await put(new GrantBook(path), record('dice', 'file:/a.ts', 'storage'));
    writeFileSync(path, text);
    const book = new GrantBook(path);
    for (const attempt of [
      async () => book.records(),
      () => put(book, record('dice', 'file:/b.ts', 'storage')),
      () =>
        book.reduce(
          () => true,
          (granted) => granted,
        ),
    ]) {
      await assert.rejects(attempt, (error: Error & { code?: string }) => {
        assert.equal(error.code, code);
        return error.message.includes(path);
      });
    }
    assert.equal(readFileSync(path, 'utf8'), text);
    assert.deepEqual(readdirSync(folder), ['plugin-grants.json', 'plugin-grants.json.lock']);
  });
}

test('a thousand plugins have grants, one more has not', async () => {
  const book = new GrantBook(undefined);
  for (let n = 0; n < 1000; n++) await put(book, record(`p${n}`, 'file:/a.ts', 'storage'));
  await assert.rejects(put(book, record('more', 'file:/a.ts', 'storage')), {
    code: 'OPTION_INVALID',
    message: /banter plugin revoke/,
  });
  await put(book, record('p7', 'file:/a.ts', 'schedule'));
});

test('of what several grant at once nothing is lost', async (t) => {
  const { path } = place(t);
  const permissions = ['storage', 'schedule', 'message.send', 'history.read'];
  await Promise.all(
    permissions.map((permission) =>
      new GrantBook(path).update(
        { plugin: 'dice', source: 'file:/a.ts', version: '1.0.0' },
        (now) => now.with(Granted.parse([permission])),
      ),
    ),
  );
  const found = new GrantBook(path).find('dice', 'file:/a.ts')?.granted.notation;
  assert.deepEqual(found?.toSorted(), permissions.toSorted());
});

test('who changes the file waits for another process that does, and no longer than that lives', async (t) => {
  const { path } = place(t);
  const home = temporaryHome(t);
  await put(new GrantBook(path), record('dice', 'file:/a.ts', 'storage'));
  const holder = startNode(home, [
    '-e',
    `const { DatabaseSync } = require('node:sqlite');
     const database = new DatabaseSync(${JSON.stringify(`${path}.lock`)});
     database.exec('BEGIN IMMEDIATE');
     console.log('held');
     setInterval(() => database, 1000);`,
  ]);
  await holder.waitFor('held');
  const waiting = put(new GrantBook(path), record('dice', 'file:/b.ts', 'storage'));
  assert.equal(new GrantBook(path).records().length, 1);
  holder.signal('SIGKILL');
  await waiting;
  assert.equal(new GrantBook(path).records().length, 2);
});
