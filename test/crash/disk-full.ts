/**
 * `npm run test:disk-full`: a server on a file system of six mebibytes, filled by a stranger and by what is said, freed
 * again, and made read-only. Exit code 0 if nothing that was acknowledged was lost and every failure had its code, else
 * 1; 3 where the machine lets nobody mount. It needs no privilege and mounts nothing outside of a namespace of its own.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../../core/client/client.ts';
import { BanterError } from '../../core/errors.ts';
import { SqliteStore } from '../../core/store/sqlite-store.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { startBanter } from '../support/processes.ts';

const inside = 'inside';
const refusedExitCode = 3;
const text = 'x'.repeat(5000);

if (process.argv[2] === inside) await play();
else {
  const unshare = ['--user', '--map-root-user', '--mount'];
  const probe = spawnSync('unshare', [...unshare, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  const self = [process.execPath, import.meta.filename, inside];
  process.exitCode =
    probe.status === 0
      ? (spawnSync('unshare', [...unshare, ...self], { stdio: 'inherit' }).status ?? 1)
      : refusedExitCode;
}

async function play(): Promise<void> {
  await using closers = new AsyncDisposableStack();
  const home = temporaryHome({ after: (close) => closers.defer(close) });
  const disk = join(home.path, 'disk');
  mkdirSync(disk);
  mount('-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk);
  closers.defer(async () => void spawnSync('umount', [disk]));
  const acknowledged = await fillAndFree(home, disk);
  await checkStored(disk, acknowledged);
  mount('-o', 'remount,ro', disk);
  assert.equal(await codeOf(open(disk)), 'DATA_UNUSABLE');
  say('a read-only folder is refused with its code');
}

/** @returns the texts that were acknowledged, in their order */
async function fillAndFree(home: Home, disk: string): Promise<readonly string[]> {
  const args = ['serve', '-p', '0', '--host', '127.0.0.1', '--data', disk];
  const server = startBanter(home, args);
  const { captures } = await server.waitFor(/(127\.0\.0\.1:\d+)#/);
  await using ann = await Client.connect({ name: 'ann', server: captures[0] ?? '' });
  await ann.createGroup('hall');
  await ann.joinGroup('hall');
  const acknowledged = ['begun'];
  await ann.sendGroup('hall', 'begun');
  // A stranger's file leaves a mebibyte.
  const filler = join(disk, 'filler');
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(filler, Buffer.alloc(bavail * bsize - 1024 * 1024));
  const sends: Promise<unknown>[] = [];
  let isFull = false;
  void server.waitFor('no room').then(() => {
    isFull = true;
  });
  for (let at = 0; !isFull; at++) {
    const sent = `${at} ${text}`;
    const sending = ann.sendGroup('hall', sent).then(() => acknowledged.push(sent));
    sends.push(sending);
    await Promise.race([sending, server.waitFor('no room')]);
  }
  assert.equal(await codeOf(ann.sendGroup('hall', 'too late')), 'STORE_FULL');
  assert.deepEqual(await ann.listGroups(), ['hall']);
  say(`full after ${acknowledged.length} messages; changes are refused, questions answered`);
  rmSync(filler);
  await server.waitFor('room again');
  await Promise.all(sends);
  await ann.sendGroup('hall', 'again');
  say('there is room again, and what was under way is stored');
  server.signal('SIGTERM');
  await server.exit();
  return [...acknowledged, 'again'];
}

async function checkStored(disk: string, acknowledged: readonly string[]): Promise<void> {
  await using store = await open(disk);
  assert.deepEqual(await store.check(), []);
  const stored = await store.read({ group: 'hall', afterSeq: 0, limit: 100_000 });
  assert.deepEqual(
    stored.map((message) => message.text),
    acknowledged,
  );
  say(`all ${stored.length} acknowledged messages are stored, once and in order`);
}

function open(disk: string): Promise<SqliteStore> {
  const folder = join(disk, 'server');
  return SqliteStore.open({ folder, newSeed: () => new Uint8Array(32) });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof BanterError, String(error));
    return error.code;
  }
  assert.fail('it did not fail');
}

function mount(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args);
  assert.equal(status, 0, String(stderr));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
