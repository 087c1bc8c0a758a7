/** Backups of a server's folder, and what is made of them. */

import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import type { StoreChange } from '../../../core/chat/records.ts';
import { BanterError, type ErrorCode } from '../../../core/errors.ts';
import { unsealBackup } from '../../../core/store/backup-file.ts';
import {
  backupServer,
  checkServerData,
  compactServer,
  restoreServer,
  serverOwner,
  serverStats,
} from '../../../core/store/server-folder.ts';
import { SqliteStore } from '../../../core/store/sqlite-store.ts';
import { type Home, temporaryHome } from '../../support/home.ts';
import { startNode } from '../../support/processes.ts';
import { Random } from '../../support/random.ts';
import { story } from './schemas/story.ts';

const seed = new Uint8Array(32).fill(7);
const newSeed = (): Uint8Array => seed;

/** A server's folder with a story behind it, and a backup of it: made once, since making them takes its time. */
const original = await tell(temporaryHome({ after }));

async function tell(home: Home) {
  const folder = join(home.path, 'server');
  const store = await SqliteStore.open({ folder, newSeed });
  await store.write(story);
  const state = await store.load();
  await store.close();
  const file = join(home.path, 'backup');
  await backupServer(folder, file);
  return { folder, file, state };
}

/** A home with copies of both. */
function told(t: Parameters<typeof temporaryHome>[0]) {
  const home = temporaryHome(t);
  const [folder, file] = [join(home.path, 'server'), join(home.path, 'backup')];
  cpSync(original.folder, folder, { recursive: true });
  copyFileSync(original.file, file);
  return { home, folder, file, state: original.state };
}

async function loaded(folder: string) {
  const noSeed = (): Uint8Array => assert.fail('the key is missing');
  await using store = await SqliteStore.open({ folder, newSeed: noSeed });
  assert.deepEqual(store.seed, seed);
  return store.load();
}

function fails(code: ErrorCode, part: string | RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof BanterError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, new RegExp(part));
    return true;
  };
}

/** Leaves the group in a folder as so many backups would that were restored. @returns the ids that its log had */
function restoredBefore(folder: string, times: number): Uint8Array[] {
  const ids = Array.from({ length: times }, (_, at) => new Uint8Array(8).fill(100 + at));
  using database = new DatabaseSync(join(folder, 'chat.db'));
  const remember = database.prepare(
    'INSERT INTO former_logs (group_id, log_id, seq) SELECT id, ?, head_seq FROM groups',
  );
  for (const id of ids) remember.run(id);
  return ids;
}

/** Of the group in a folder; opening a whole store takes too long to be done again and again. */
function logIdIn(folder: string): Uint8Array {
  using database = new DatabaseSync(join(folder, 'chat.db'), { readOnly: true });
  const id = database.prepare('SELECT log_id FROM groups').get()?.['log_id'];
  return id instanceof Uint8Array ? id : assert.fail('there is no group');
}

describe('a backup', () => {
  it('brings back the identity and everything else, but for the ids of the logs, which it remembers', async (t) => {
    const { home, file, state } = told(t);
    const folder = join(home.path, 'other');
    const { replaced, madeAtMs } = await restoreServer({ from: file, folder });
    assert.equal(replaced, undefined);
    assert.ok(Math.abs(madeAtMs - Date.now()) < 60_000);
    const { groups, processes, ...rest } = await loaded(folder);
    const { groups: groupsBefore, processes: processesBefore, ...restBefore } = state;
    assert.deepEqual(rest, restBefore);
    const [group] = groups;
    const [before] = groupsBefore;
    assert.ok(group !== undefined && before !== undefined);
    assert.notDeepEqual(group.logId, before.logId);
    assert.deepEqual(group.formerLogs, [{ logId: before.logId, seq: 2 }]);
    assert.deepEqual({ ...group, logId: before.logId, formerLogs: [] }, before);
    // A send that is repeated gets the place it has, in the log as it is called now.
    const renamed = processesBefore.map((process) => ({
      ...process,
      sends: process.sends.map((send) => ({ ...send, logId: group.logId })),
    }));
    assert.deepEqual(processes, renamed);
  });

  it('remembers the newest sixteen logs of a group, however often it is restored', async (t) => {
    const { home, folder } = told(t);
    const ids = restoredBefore(folder, 15);
    for (let round = 0; round < 3; round++) {
      const file = join(home.path, `backup-${round}`);
      ids.push(logIdIn(folder));
      await backupServer(folder, file);
      await restoreServer({ from: file, folder, force: true });
    }
    const former = (await loaded(folder)).groups[0]?.formerLogs ?? [];
    assert.deepEqual(
      former.map(({ logId }) => logId),
      ids.slice(-16),
    );
  });

  it('is its owner’s alone, and replaces nothing', async (t) => {
    const { home, folder } = told(t);
    const file = join(home.path, 'another');
    await backupServer(folder, file);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await assert.rejects(backupServer(folder, file), fails('DATA_UNUSABLE', 'exists; choose'));
    assert.ok(!existsSync(`${file}.partial`));
  });

  it('is a database that SQLite opens as it is', async (t) => {
    const { file } = told(t);
    using database = new DatabaseSync(file, { readOnly: true });
    assert.equal(database.prepare('SELECT count(*) AS count FROM messages').get()?.['count'], 2);
  });

  it('of which one bit is changed, or a byte is missing, is refused and leaves nothing', async (t) => {
    const { home, file } = told(t);
    const whole = readFileSync(file);
    const spoilt = join(home.path, 'spoilt');
    const folder = join(home.path, 'other');
    const spoil = (place: number): void => {
      const bytes = Buffer.from(whole);
      bytes[place] = (bytes[place] ?? 0) ^ 1;
      writeFileSync(spoilt, bytes);
    };
    for (const place of [0, 100, whole.length - 2, whole.length - 66, whole.length - 80]) {
      spoil(place);
      await assert.rejects(restoreServer({ from: spoilt, folder }), fails('DATA_DAMAGED', spoilt));
    }
    // Of many more places without the thread that a restoring starts for this.
    const random = new Random(1);
    const to = join(home.path, 'unsealed');
    writeFileSync(to, '');
    for (let count = 0; count < 100; count++) {
      spoil(random.below(whole.length));
      assert.throws(() => unsealBackup(spoilt, to), fails('DATA_DAMAGED', spoilt));
    }
    for (const bytes of [whole.length - 1, whole.length - 70, 4096, 10, 0]) {
      writeFileSync(spoilt, whole);
      truncateSync(spoilt, bytes);
      await assert.rejects(restoreServer({ from: spoilt, folder }), fails('DATA_DAMAGED', spoilt));
    }
    await assert.rejects(backupServer(folder, spoilt), fails('DATA_UNUSABLE', 'has no server'));
    await restoreServer({ from: file, folder });
  });

  it('is made while the server writes without a pause, and holds what was acknowledged before', async (t) => {
    const { home, folder } = told(t);
    const store = await SqliteStore.open({ folder, newSeed });
    home.onClose(() => store.close());
    let seq = 2;
    let isOver = false;
    const write = async (): Promise<void> => {
      while (!isOver) await store.write(Array.from({ length: 50 }, () => said(++seq)));
    };
    const writing = write();
    for (let round = 0; round < 3; round++) {
      const acknowledged = seq - 50;
      const file = join(home.path, `busy-${round}`);
      await backupServer(folder, file);
      const copy = join(home.path, `copy-${round}`);
      await restoreServer({ from: file, folder: copy });
      assert.deepEqual(await checkServerData(copy), []);
      const [group] = (await serverStats(copy)).groups;
      assert.ok((group?.headSeq ?? 0) >= acknowledged);
      assert.equal(group?.headSeq, group?.messages);
    }
    isOver = true;
    await writing;
  });
});

function said(seq: number): StoreChange {
  const message = {
    mid: new Uint8Array(16),
    seq,
    from: 'Ann',
    bot: false,
    hops: 0,
    sentAtMs: 0,
    text: `message ${seq}`,
  };
  return {
    type: 'messageAppended',
    group: 'Dev',
    identity: 'ab'.repeat(32),
    message,
    isHandled: false,
  };
}

describe('a folder', () => {
  it('with a server is restored only by force, which puts that server aside', async (t) => {
    const { folder, file } = told(t);
    await assert.rejects(restoreServer({ from: file, folder }), fails('DATA_UNUSABLE', '--force'));
    const { replaced } = await restoreServer({ from: file, folder, force: true });
    assert.ok(replaced);
    assert.ok(replaced.startsWith(folder));
    assert.ok(existsSync(join(replaced, 'chat.db')) && existsSync(join(replaced, 'server-key')));
    assert.equal((await loaded(folder)).groups[0]?.headSeq, 2);
  });

  it('with a server that runs is neither restored nor compacted, and can be counted', async (t) => {
    const { home, folder, file } = told(t);
    const other = await running(home, folder);
    assert.equal(serverOwner(folder), other);
    for (const work of [
      () => restoreServer({ from: file, folder, force: true }),
      () => compactServer(folder),
    ]) {
      await assert.rejects(work(), fails('DATA_UNUSABLE', `in use by a server, process ${other}`));
    }
    assert.equal((await serverStats(folder)).messages, 2);
    await backupServer(folder, join(home.path, 'another'));
  });

  it('that is compacted is smaller, and as it was', async (t) => {
    const { folder } = told(t);
    const store = await SqliteStore.open({ folder, newSeed });
    await store.write(Array.from({ length: 5000 }, (_, at) => said(at + 3)));
    const nowMs = Date.now();
    while ((await store.prune({ retention: { bytes: 1000 }, nowMs })).length > 0) {}
    const state = await store.load();
    await store.close();
    const { before, after } = await compactServer(folder);
    assert.ok(after < before / 2, `${before} → ${after}`);
    assert.deepEqual(await loaded(folder), state);
  });

  it('without a server, or without its key, is told apart', async (t) => {
    const home = temporaryHome(t);
    const to = join(home.path, 'backup');
    await assert.rejects(backupServer(home.path, to), fails('DATA_UNUSABLE', 'has no server'));
    await assert.rejects(serverStats(home.path), fails('DATA_UNUSABLE', 'has no server'));
    await assert.rejects(
      restoreServer({ from: to, folder: home.path }),
      fails('DATA_UNUSABLE', 'there is no'),
    );
    writeFileSync(join(home.path, 'chat.db'), 'this is no database, though it is as long as one');
    await assert.rejects(
      backupServer(home.path, to),
      fails('DATA_UNUSABLE', 'server-key is missing'),
    );
    await assert.rejects(checkServerData(home.path), fails('DATA_DAMAGED', 'chat.db'));
  });
});

/** Another process has the folder, as far as anybody can see. @returns its number */
async function running(home: Home, folder: string): Promise<number> {
  const { pid = 0 } = startNode(home, ['-e', 'process.stdin.resume()']);
  writeFileSync(join(folder, 'lock'), `${pid}\n`);
  return pid;
}
