import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { nothingStored } from '../../../core/chat/records.ts';
import { BanterError } from '../../../core/errors.ts';
import { ServerFiles } from '../../../core/store/server-files.ts';
import { temporaryHome } from '../../support/home.ts';

const newSeed = (): Uint8Array => new Uint8Array(32).fill(7);
const noSeed = (): Uint8Array => assert.fail('a new seed was asked for');
const line = { name: 'Ann', key: 'ab'.repeat(32) };
const binding = { name: 'Ann', identity: line.key };
const bound = { type: 'nameBound', ...binding } as const;

function isUnusable(part: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof BanterError && error.code === 'DATA_UNUSABLE' && error.message.includes(part);
}

describe('the files of a server', () => {
  it('keep its identity and its names over a restart', async (t) => {
    const folder = join(temporaryHome(t).path, 'server');
    const first = ServerFiles.open(folder, newSeed);
    assert.deepEqual(first.seed, newSeed());
    assert.deepEqual(await first.load(), nothingStored);
    first.write([bound, { type: 'groupCreated', group: 'dev', logId: new Uint8Array(8) }]);
    first.write([{ ...bound, name: 'Bob' }]);
    await first.close();
    const second = ServerFiles.open(folder, noSeed);
    assert.deepEqual(second.seed, newSeed());
    const names = [binding, { ...binding, name: 'Bob' }];
    assert.deepEqual(await second.load(), { ...nothingStored, names });
    await second.close();
    assert.equal(readFileSync(join(folder, 'server-key'), 'utf8'), `${'07'.repeat(32)}\n`);
  });

  it('are not used with a damaged key: a new one would look like an attack to every client', (t) => {
    const folder = join(temporaryHome(t).path, 'server');
    mkdirSync(folder);
    for (const text of ['', 'zz', '07'.repeat(31), '07'.repeat(33)]) {
      writeFileSync(join(folder, 'server-key'), text);
      assert.throws(() => ServerFiles.open(folder, noSeed), isUnusable('server-key'));
    }
  });

  it('are not used with a damaged name: somebody could claim it', (t) => {
    const folder = join(temporaryHome(t).path, 'server');
    mkdirSync(folder);
    const good = JSON.stringify(line);
    const damaged = ['{}', '{"name":1,"key":"ab"}', '{"name":"Ann"}', '{"name":"Ann","key":"ab"}'];
    for (const bad of [...damaged, '[]', 'null', 'x']) {
      writeFileSync(join(folder, 'names.jsonl'), `${good}\n${bad}\n`);
      assert.throws(() => ServerFiles.open(folder, newSeed), isUnusable('line 2'), bad);
    }
  });

  it('cannot be in a folder that cannot be made', () => {
    assert.throws(() => ServerFiles.open('/dev/null/server', newSeed), isUnusable('/dev/null'));
  });
});

describe('the folder of a server', () => {
  it('takes away what others may do with its key', async (t) => {
    const { path } = temporaryHome(t);
    await ServerFiles.open(path, newSeed).close();
    chmodSync(join(path, 'server-key'), 0o644);
    await ServerFiles.open(path, noSeed).close();
    assert.equal(statSync(join(path, 'server-key')).mode & 0o777, 0o600);
  });

  it('is one server’s at a time, and free again when that one has died', async (t) => {
    const { path } = temporaryHome(t);
    const first = ServerFiles.open(path, newSeed);
    await first.close();
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    writeFileSync(join(path, 'lock'), `${other.pid}\n`);
    assert.throws(
      () => ServerFiles.open(path, newSeed),
      new RegExp(`in use by a server, process ${other.pid}`),
    );
    other.kill('SIGKILL');
    await once(other, 'exit');
    await ServerFiles.open(path, newSeed).close();
  });
});
