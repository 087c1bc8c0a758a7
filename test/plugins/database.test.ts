import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { PluginDatabase } from '../../plugins/database.ts';
import type { PluginKey } from '../../plugins/keeper-table.ts';
import { limits } from '../../plugins/limits.ts';
import { StorageCapability } from '../../plugins/storage.ts';
import { temporaryHome } from '../support/home.ts';

const timeout = 30_000;

const own: PluginKey = { plugin: 'p', source: 'file:/p.ts' };
const other: PluginKey = { plugin: 'other', source: 'file:/p.ts' };

interface Place {
  readonly path: string;
  /** Another process' view of the file. */
  open(): PluginDatabase;
}

function place(t: TestContext): Place {
  const home = temporaryHome(t);
  const path = join(home.path, 'plugins', 'storage.db');
  return {
    path,
    open: () => {
      const database = new PluginDatabase(path);
      home.onClose(() => database.close());
      return database;
    },
  };
}

const keep = (database: PluginDatabase, key: string): Promise<boolean> =>
  database.run(({ storage }) => storage.set(own, key, '1', undefined));

test('the file and its folder are its owner’s alone', { timeout }, async (t) => {
  const { path, open } = place(t);
  await keep(open(), 'a');
  assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
  for (const suffix of ['', '-wal', '-shm']) {
    assert.equal(statSync(`${path}${suffix}`).mode & 0o777, 0o600);
  }
});

test('what is asked for in one turn is done in order, and a refusal touches nothing else', {
  timeout,
}, async (t) => {
  const database = place(t).open();
  const outcomes = await Promise.allSettled([
    keep(database, 'a'),
    database.run(() => {
      throw new RangeError('no');
    }),
    database.run(({ storage }) => storage.get(own, 'a')?.value),
    database.run(({ storage }) => storage.delete(own, 'a')),
    database.run(({ storage }) => storage.get(own, 'a')),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason),
    ),
    [true, 'RangeError: no', '1', true, undefined],
  );
});

test('a version stands for one writing, even of a key that was away meanwhile', {
  timeout,
}, async (t) => {
  const database = place(t).open();
  await database.run(({ storage }) => {
    storage.set(own, 'a', '1', undefined);
    const first = storage.get(own, 'a')?.version;
    assert.equal(storage.set(own, 'a', '2', 0), false);
    storage.delete(own, 'a');
    assert.equal(storage.set(own, 'a', '1', first), false);
    assert.equal(storage.set(own, 'a', '1', 0), true);
    assert.notEqual(storage.get(own, 'a')?.version, first);
    assert.equal(storage.set(own, 'a', '3', first), false);
    assert.equal(storage.get(own, 'a')?.value, '1');
  });
});

test('10,000 keys are a plugin’s own, and not one more', { timeout }, async (t) => {
  const database = place(t).open();
  await database.run(({ storage }) => {
    for (let i = 0; i < limits.storageKeysMax; i++) storage.set(own, `k${i}`, '1', undefined);
    assert.throws(() => storage.set(own, 'more', '1', undefined), { code: 'STORAGE_FULL' });
    storage.set(own, 'k1', '2', undefined);
    storage.set(other, 'more', '1', undefined);
    storage.delete(own, 'k1');
    storage.set(own, 'more', '1', undefined);
    assert.throws(() => storage.set(own, 'k1', '1', undefined), { code: 'STORAGE_FULL' });
  });
});

test('a file that another process writes to is waited for, and after five seconds refused', {
  timeout,
}, async (t) => {
  const { path, open } = place(t);
  const database = open();
  await keep(database, 'a');
  const process = new DatabaseSync(path);
  t.after(() => process.close());
  process.exec('BEGIN IMMEDIATE');
  const refused = assert.rejects(keep(database, 'b'), { code: 'DATA_UNUSABLE' });
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  }, 10);
  await refused;
  clearInterval(turning);
  assert.ok(turns > 50, 'the event loop stood still');
  const waiting = keep(database, 'c');
  setTimeout(() => process.exec('COMMIT'), 100);
  assert.equal(await waiting, true);
});

const unusable: Readonly<Record<string, readonly [code: string, make: (path: string) => void]>> = {
  'is no database': [
    'DATA_DAMAGED',
    (path) => writeFileSync(path, 'all sorts of things '.repeat(100)),
  ],
  'is cut short': [
    'DATA_DAMAGED',
    (path) => {
      const database = new DatabaseSync(path);
      database.exec('CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(100000))');
      database.close();
      writeFileSync(path, readFileSync(path).subarray(0, 3000));
    },
  ],
  'is somebody else’s': [
    'DATA_UNUSABLE',
    (path) => {
      const database = new DatabaseSync(path);
      database.exec('CREATE TABLE t (x)');
      database.close();
    },
  ],
  'is of a newer version': [
    'DATA_TOO_NEW',
    (path) => {
      const database = new DatabaseSync(path);
      database.exec(`PRAGMA application_id = ${0x42_6e_74_50}; PRAGMA user_version = 99`);
      database.close();
    },
  ],
};

for (const [name, [code, make]] of Object.entries(unusable)) {
  test(`a file that ${name} is refused and left as it is`, { timeout }, async (t) => {
    const { path, open } = place(t);
    await mkdir(dirname(path));
    make(path);
    const before = readFileSync(path);
    const database = open();
    await assert.rejects(keep(database, 'a'), (error: Error) => {
      assert.ok('code' in error);
      assert.equal(error.code, code);
      assert.ok(error.message.includes(path));
      return true;
    });
    await database.close();
    assert.deepEqual(readFileSync(path), before);
  });
}

test('a file that can be used again is used', { timeout }, async (t) => {
  const { path, open } = place(t);
  await mkdir(dirname(path));
  writeFileSync(path, 'nonsense'.repeat(100));
  const database = open();
  await assert.rejects(keep(database, 'a'), { code: 'DATA_DAMAGED' });
  writeFileSync(path, '');
  assert.equal(await keep(database, 'a'), true);
});

test('the log of writes is taken over into the file while writing goes on', {
  timeout,
}, async (t) => {
  const { path, open } = place(t);
  const database = open();
  const value = JSON.stringify('x'.repeat(60_000));
  const logBytes = (): number => statSync(`${path}-wal`).size;
  for (let i = 0; i < 80; i++) {
    await database.run(({ storage }) =>
      storage.set({ ...own, plugin: `p${i % 2}` }, `k${i}`, value, undefined),
    );
  }
  let written = 0;
  while (logBytes() > 1_000_000) {
    written += 1;
    await keep(database, 'more');
  }
  assert.ok(statSync(path).size > 4_000_000, `${written} more were written meanwhile`);
  assert.equal(
    await database.run(({ storage }) => storage.get({ ...own, plugin: 'p1' }, 'k79')?.value),
    value,
  );
});

test('closing writes what was asked for, and refuses what comes later', { timeout }, async (t) => {
  const { open } = place(t);
  const first = open();
  const many = Array.from({ length: 5000 }, (_, i) => keep(first, `k${i}`));
  await first.close();
  await Promise.all(many);
  await assert.rejects(keep(first, 'late'), { code: 'CLOSED' });
  const page = await open().run(({ storage }) => storage.list(own, 'k4999', undefined));
  assert.deepEqual(page, { keys: ['k4999'], more: false });
});

test('who asks for more at a time than the SDK would is refused, and so is what is no JSON', {
  timeout,
}, async (t) => {
  const storage = new StorageCapability(place(t).open());
  const get = { type: 'storageGet', id: 1, key: 'a' } as const;
  const many = Array.from({ length: limits.storageUnansweredMax }, () => storage.perform(own, get));
  await assert.rejects(storage.perform(own, get), { code: 'RATE_LIMITED' });
  assert.equal(await storage.perform(other, get), undefined);
  await Promise.all(many);
  assert.equal(await storage.perform(own, get), undefined);
  const set = { type: 'storageSet', id: 1, key: 'a', version: undefined } as const;
  await assert.rejects(storage.perform(own, { ...set, value: '{' }), { code: 'PLUGIN_FAILED' });
  const deep = '['.repeat(30_000) + ']'.repeat(30_000);
  assert.equal(await storage.perform(own, { ...set, value: deep }), true);
});

test('an id belongs to the source that used it first; another one keeps what it keeps apart', {
  timeout,
}, async (t) => {
  const database = place(t).open();
  const [tea, copy] = ['/tea.ts', '/copy/tea.ts'].map((path) => ({
    plugin: 'tea',
    source: `file:${path}`,
  })) as [PluginKey, PluginKey];
  const job = { job: 'boil', key: 'k', spec: '', data: '', nextAtMs: 1, attempts: 0 };
  const owner = (key: PluginKey) => ({ client: 'ann', ...key });
  await database.run(({ storage, jobs, sent }) => {
    storage.set(tea, 'cups', '3', undefined);
    jobs.put(owner(tea), job);
    sent.begin(owner(tea), 'once', 'm', 1);
  });
  await database.run(({ storage, jobs, sent }) => {
    assert.equal(storage.get(copy, 'cups'), undefined);
    assert.deepEqual(storage.list(copy, '', undefined).keys, []);
    assert.equal(storage.delete(copy, 'cups'), false);
    assert.deepEqual([jobs.rows(owner(copy)), jobs.delete(owner(copy), job)], [[], false]);
    assert.equal(sent.find(owner(copy), 'once'), undefined);
    assert.equal(storage.set(copy, 'cups', '9', 0), true);
    assert.equal(storage.get(tea, 'cups')?.value, '3');
  });
  await database.run(({ keepers, storage, jobs, sent }) => {
    assert.deepEqual(keepers.estates('tea'), [
      { source: copy.source, values: 1, tasks: 0 },
      { source: tea.source, values: 1, tasks: 1 },
    ]);
    assert.deepEqual([keepers.of(tea), keepers.of(copy)], ['tea', 'tea~2']);
    keepers.exchange('tea', tea.source, copy.source);
    assert.deepEqual(
      [storage.get(copy, 'cups')?.value, storage.get(tea, 'cups')?.value],
      ['3', '9'],
    );
    assert.deepEqual([jobs.rows(owner(copy)).length, jobs.rows(owner(tea)).length], [1, 0]);
    assert.equal(sent.find(owner(copy), 'once')?.mid, 'm');
  });
});

test('what was kept before sources were looked at belongs to who comes first', {
  timeout,
}, async (t) => {
  const { path, open } = place(t);
  const first = open();
  await keep(first, 'a');
  await first.close();
  const database = new DatabaseSync(path);
  database.exec('DROP TABLE keepers; PRAGMA user_version = 3');
  database.close();
  await open().run(({ storage }) => {
    assert.equal(storage.get(own, 'a')?.value, '1');
    storage.set(own, 'b', '1', undefined);
    assert.equal(storage.get({ ...own, source: 'file:/q.ts' }, 'a'), undefined);
  });
});

test('what comes with Banter keeps things under its id, and nobody else of that id does', {
  timeout,
}, async (t) => {
  await place(t)
    .open()
    .run(({ keepers }) => {
      assert.equal(keepers.claim({ plugin: 'poll', source: 'file:/poll.ts' }), 'poll~2');
      assert.equal(keepers.claim({ plugin: 'poll', source: 'built-in' }), 'poll');
    });
});

test('a hundred plugins of one id keep something, one more is refused', { timeout }, async (t) => {
  await place(t)
    .open()
    .run(({ keepers }) => {
      for (let n = 0; n < 100; n++) keepers.claim({ ...own, source: `file:/${n}.ts` });
      const more = { ...own, source: 'file:/more.ts' };
      assert.throws(() => keepers.claim(more), { code: 'STORAGE_FULL' });
      assert.equal(keepers.claim({ ...own, source: 'file:/7.ts' }), 'p~8');
    });
});
