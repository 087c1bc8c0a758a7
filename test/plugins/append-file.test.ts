import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AppendFile } from '../../plugins/append-file.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'banter-append-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

test('appends in order, one line each, for the owner only', async (t) => {
  const dir = await folder(t);
  const path = join(dir, 'deep', 'a.log');
  const file = new AppendFile(path);
  await Promise.all(['one', 'two\nhalves', 'three'].map((line) => file.append(line)));
  await file.append('four');
  assert.equal(await readFile(path, 'utf8'), 'one\ntwo halves\nthree\nfour\n');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(join(dir, 'deep'))).mode & 0o777, 0o700);
});

test('keeps so many files of such a size, and takes up where an earlier process left', async (t) => {
  const dir = await folder(t);
  const path = join(dir, 'a.log');
  const rotation = { bytesMax: 10, olderMax: 2 };
  for (let n = 1; n <= 9; n++) {
    await new AppendFile(path, rotation).append(`line ${n}`);
  }
  assert.deepEqual((await readdir(dir)).sort(), ['a.log', 'a.log.1', 'a.log.2']);
  assert.equal(await readFile(path, 'utf8'), 'line 9\n');
  assert.equal(await readFile(`${path}.1`, 'utf8'), 'line 7\nline 8\n');
  assert.equal(await readFile(`${path}.2`, 'utf8'), 'line 5\nline 6\n');
});

test('refuses lines that come faster than they are written, and a place that cannot be written', async (t) => {
  const dir = await folder(t);
  const file = new AppendFile(join(dir, 'a.log'));
  const first = file.append('x'.repeat(1_000_000));
  await assert.rejects(file.append('x'.repeat(100_000)), { code: 'RATE_LIMITED' });
  await first;
  await file.append('later');
  await assert.rejects(new AppendFile(dir).append('x'), { code: 'DATA_UNUSABLE' });
});
