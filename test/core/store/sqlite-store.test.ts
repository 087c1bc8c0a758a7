import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { nothingStored, type StoreChange } from '../../../core/chat/records.ts';
import { BanterError } from '../../../core/errors.ts';
import { SqliteStore, type SqliteStoreOptions } from '../../../core/store/sqlite-store.ts';
import type { StoreStats } from '../../../core/store/store.ts';
import { type Home, temporaryHome } from '../../support/home.ts';
import { conformanceOf } from './store-conformance.ts';

const newSeed = (): Uint8Array => new Uint8Array(32).fill(7);
const noSeed = (): Uint8Array => assert.fail('a new seed was asked for');
const key = 'ab'.repeat(32);
const bound: StoreChange = { type: 'nameBound', name: 'Ann', identity: key };
const created: StoreChange = { type: 'groupCreated', group: 'dev', logId: new Uint8Array(8) };

/** A database that is new, made once: what makes one takes its time. */
const template = mkdtempSync(join(tmpdir(), 'banter-template-'));
after(() => rmSync(template, { recursive: true }));
await (await SqliteStore.open({ folder: template, newSeed })).close();

/** Opens the folder of a home, or another; where there is nothing yet, a copy of the new database comes first. */
async function open(home: Home, options: Partial<SqliteStoreOptions> = {}): Promise<SqliteStore> {
  const path = join(home.path, 'chat.db');
  const isNew = readdirSync(home.path).every((name) => !name.includes('.db'));
  if (options.folder === undefined && isNew) copyFileSync(join(template, 'chat.db'), path);
  const store = await SqliteStore.open({ folder: home.path, newSeed, ...options });
  home.onClose(() => store.close());
  return store;
}

function said(seq: number, text: string): StoreChange {
  const message = { mid: new Uint8Array(16), seq, from: 'Ann', bot: false, hops: 0, sentAtMs: 0 };
  const appended = { type: 'messageAppended', group: 'dev', identity: key } as const;
  return { ...appended, message: { ...message, text }, isHandled: false };
}

async function textsIn(store: SqliteStore): Promise<readonly string[]> {
  const messages = await store.read({ group: 'dev', afterSeq: 0, limit: 1000 });
  return messages.map(({ text }) => text);
}

function isCoded(code: string, part: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof BanterError, String(error));
    assert.equal(error.code, code);
    assert.ok(error.message.includes(part), error.message);
    return true;
  };
}

conformanceOf('SqliteStore', async (t, limits = {}) => {
  const home = temporaryHome(t);
  const store = await open(home, { limits });
  const reopen = async (): Promise<SqliteStore> => {
    await store.close();
    return open(home, { limits, newSeed: noSeed });
  };
  return { store, reopen };
});

describe('the folder of a server', () => {
  it('is its owner’s alone', async (t) => {
    const home = temporaryHome(t);
    const folder = join(home.path, 'server');
    const store = await open(home, { folder });
    await store.write([bound]);
    for (const name of readdirSync(folder)) {
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    }
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(readFileSync(join(folder, 'server-key'), 'utf8'), `${'07'.repeat(32)}\n`);
    await store.close();
    for (const name of ['server-key', 'chat.db']) chmodSync(join(folder, name), 0o644);
    await open(home, { folder, newSeed: noSeed });
    for (const name of readdirSync(folder)) {
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    }
  });

  it('is one server’s at a time, and free again when that one has died', async (t) => {
    const home = temporaryHome(t);
    await (await open(home)).close();
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    writeFileSync(join(home.path, 'lock'), `${other.pid}\n`);
    const inUse = isCoded('DATA_UNUSABLE', `in use by a server, process ${other.pid}`);
    await assert.rejects(open(home), inUse);
    other.kill('SIGKILL');
    await once(other, 'exit');
    await open(home);
  });

  it('is not used with a damaged key: a new one would look like an attack to every client', async (t) => {
    const home = temporaryHome(t);
    for (const text of ['', 'zz', '07'.repeat(31), '07'.repeat(33)]) {
      writeFileSync(join(home.path, 'server-key'), text);
      await assert.rejects(open(home), isCoded('DATA_UNUSABLE', 'server-key'));
    }
  });

  it('cannot be where none can be made', async (t) => {
    const unusable = isCoded('DATA_UNUSABLE', '/dev/null');
    await assert.rejects(open(temporaryHome(t), { folder: '/dev/null/server' }), unusable);
  });

  it('of a server from before there was a database is taken over, with its identity and its names', async (t) => {
    const home = temporaryHome(t);
    const path = join(home.path, 'names.jsonl');
    const lines = ['Ann', 'Bob'].map((name) => `${JSON.stringify({ name, key })}\n`).join('');
    writeFileSync(path, lines);
    writeFileSync(join(home.path, 'server-key'), `${'09'.repeat(32)}\n`);
    const names = ['Ann', 'Bob'].map((name) => ({ name, identity: key }));
    for (const added of ['', `${JSON.stringify({ name: 'Cid', key })}\n`]) {
      // The second time as if a crash had come before the file stepped aside.
      if (added !== '') writeFileSync(path, lines + added);
      const store = await open(home, { newSeed: noSeed });
      if (added !== '') names.push({ name: 'Cid', identity: key });
      assert.deepEqual(await store.load(), { ...nothingStored, names });
      assert.deepEqual(store.seed, new Uint8Array(32).fill(9));
      assert.equal(existsSync(path), false);
      await store.close();
    }
  });

  it('of such a server is not used with a damaged name: somebody could claim it', async (t) => {
    const home = temporaryHome(t);
    const good = JSON.stringify({ name: 'Ann', key });
    const damaged = ['{}', '{"name":1,"key":"ab"}', '{"name":"Ann"}', '{"name":"Ann","key":"ab"}'];
    for (const bad of [...damaged, '[]', 'null', 'x']) {
      writeFileSync(join(home.path, 'names.jsonl'), `${good}\n${bad}\n`);
      await assert.rejects(open(home), isCoded('DATA_UNUSABLE', 'line 2'), bad);
      assert.equal(existsSync(join(home.path, 'lock')), false);
    }
  });
});

describe('the database of a server', () => {
  it('says that it is durable only if it is', async (t) => {
    const home = temporaryHome(t);
    const store = await open(home);
    assert.equal(store.isDurable, true);
    await store.close();
    assert.equal((await open(home, { synchronous: 'NORMAL' })).isDurable, false);
  });

  it('that is damaged, or somebody else’s, is reported and left as it is', async (t) => {
    const damages: readonly [string, (path: string) => void][] = [
      ['DATA_DAMAGED', (path) => writeFileSync(path, 'x'.repeat(8192))],
      ['DATA_DAMAGED', (path) => truncateSync(path, 5000)],
      ['DATA_UNUSABLE', (path) => new DatabaseSync(path).exec('CREATE TABLE mine (a)')],
    ];
    for (const [code, damage] of damages) {
      const home = temporaryHome(t);
      const path = join(home.path, 'chat.db');
      if (code === 'DATA_DAMAGED') {
        const store = await open(home);
        await store.write([bound, created, said(1, 'x'.repeat(50_000))]);
        await store.close();
      }
      damage(path);
      const before = readFileSync(path);
      await assert.rejects(
        open(home).then((store) => store.load()),
        isCoded(code, path),
      );
      assert.deepEqual(readFileSync(path).subarray(100), before.subarray(100));
    }
  });

  it('of a newer version is not touched', async (t) => {
    const home = temporaryHome(t);
    const path = join(home.path, 'chat.db');
    await (await open(home)).close();
    raise(path);
    const before = readFileSync(path);
    await assert.rejects(open(home), isCoded('DATA_TOO_NEW', 'version 99'));
    assert.deepEqual(readFileSync(path), before);
  });

  it('takes all of a write or nothing, and goes on after one that it could not take', async (t) => {
    const store = await open(temporaryHome(t));
    await store.write([bound, created]);
    const twice = [said(1, 'lost'), said(1, 'in its place'), said(2, 'never')];
    await assert.rejects(store.write(twice), isCoded('DATA_UNUSABLE', 'UNIQUE'));
    assert.deepEqual((await store.stats()).messages, 0);
    await store.write([said(1, 'kept')]);
    assert.deepEqual(await textsIn(store), ['kept']);
  });

  it('that may grow no further refuses what it cannot take, keeps the rest, and recovers', async (t) => {
    const store = await open(temporaryHome(t), { bytesMax: 1024 * 1024 });
    await store.write([bound, created]);
    let seq = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        await store.write([said(seq + 1, 'y'.repeat(20_000)), said(seq + 2, 'y'.repeat(20_000))]);
        seq += 2;
      }
    };
    await assert.rejects(fill(), isCoded('STORE_FULL', 'full'));
    assert.ok(seq > 10);
    const [group] = (await store.load()).groups;
    assert.deepEqual([group?.headSeq, (await textsIn(store)).length], [seq, seq]);
    assert.deepEqual(await store.check(), []);
    const query = { group: 'dev', words: 'y'.repeat(64), beforeSeq: undefined, limit: 1000 };
    await assert.doesNotReject(store.search(query));
    await store.prune({ retention: { messages: 5 }, nowMs: 0 });
    await store.write([said(seq + 1, 'again')]);
    assert.equal((await store.search(query)).length, 5);
    assert.equal((await store.load()).groups[0]?.headSeq, seq + 1);
  });

  /** Batches of a history, and then what becomes of their source. */
  async function* batches(end: () => void): AsyncGenerator<readonly StoreChange[]> {
    yield [created, said(1, 'one')];
    yield [said(2, 'two'), said(3, 'three')];
    end();
  }

  it('takes what comes bit by bit as a whole', async (t) => {
    const store = await open(temporaryHome(t));
    await store.write([bound]);
    // Whoever asks first waits for a thread; the second is answered in the midst.
    await store.stats();
    let midway: unknown;
    await store.writeWhole(
      batches(() => {
        midway = store.stats();
      }),
    );
    assert.deepEqual(((await midway) as StoreStats).groups, []);
    assert.deepEqual(await textsIn(store), ['one', 'two', 'three']);
  });

  it('has nothing of a whole whose source fails, or for which there is no room', async (t) => {
    const store = await open(temporaryHome(t), { bytesMax: 1024 * 1024 });
    await store.write([bound]);
    const broken = store.writeWhole(
      batches(() => {
        throw new Error('the source is broken');
      }),
    );
    await assert.rejects(broken, /the source is broken/);
    const large = async function* (): AsyncGenerator<readonly StoreChange[]> {
      yield [created];
      for (let seq = 1; seq <= 100; seq++) yield [said(seq, 'z'.repeat(50_000))];
    };
    await assert.rejects(store.writeWhole(large()), isCoded('STORE_FULL', 'chat.db'));
    assert.deepEqual((await store.load()).groups, []);
    await store.write([created, said(1, 'afterwards')]);
    assert.deepEqual(await textsIn(store), ['afterwards']);
    assert.deepEqual(await store.check(), []);
  });

  it('gives room back when it is compacted', async (t) => {
    const store = await open(temporaryHome(t));
    await store.write([bound, created]);
    for (let seq = 1; seq <= 50; seq++) await store.write([said(seq, 'z'.repeat(50_000))]);
    const { bytes } = await store.stats();
    await store.prune({ retention: { messages: 1 }, nowMs: 0 });
    await store.compact();
    assert.ok((await store.stats()).bytes < bytes / 5);
    assert.equal((await textsIn(store)).length, 1);
  });
});

/** As if a later program had written it. */
function raise(path: string): void {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
}
