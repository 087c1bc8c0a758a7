/** Tarballs of strangers: what leads out of them, is no file, or is too much, is refused before anything is written. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';
import { unpack } from '../../plugins/tarball.ts';

/** Unpacks a tarball of these entries, each with one letter in it; returns what is there then. */
async function unpacked(
  t: TestContext,
  entries: readonly Partial<HeaderData>[],
  letter = 'x',
): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'banter-tarball-'));
  t.after(() => rmSync(home, { recursive: true }));
  const blocks = entries.flatMap((entry) => {
    const isFile = entry.type === 'File';
    const header = Buffer.alloc(512);
    new Header({ mode: 0o644, ...entry, size: isFile ? letter.length : 0 }).encode(header);
    const padded = Math.ceil(letter.length / 512) * 512;
    return isFile ? [header, Buffer.alloc(padded, letter.padEnd(padded, '\0'))] : [header];
  });
  const file = join(home, 'plugin.tgz');
  writeFileSync(file, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
  const folder = join(home, 'folder');
  mkdirSync(folder);
  try {
    await unpack(file, folder);
    return readFileSync(join(folder, 'a/b.js'), 'utf8');
  } finally {
    assert.deepEqual(readdirSync(home).sort(), ['folder', 'plugin.tgz']);
  }
}

const good = { path: 'package/a/b.js', type: 'File' } as const;

test('files are unpacked without the first folder', async (t) => {
  const folder = { path: 'package/', type: 'Directory' } as const;
  assert.equal(await unpacked(t, [folder, good]), 'x');
});

const hostile: readonly (readonly [string, Partial<HeaderData>, RegExp])[] = [
  ['a path upwards', { path: 'package/../../x.js', type: 'File' }, /leads out/],
  ['an absolute path', { path: '/tmp/x.js', type: 'File' }, /leads out/],
  ['a path of Windows', { path: 'package/..\\x.js', type: 'File' }, /leads out/],
  ['a link', { path: 'package/x', type: 'SymbolicLink', linkpath: '/etc' }, /SymbolicLink/],
  ['a hard link', { path: 'package/x', type: 'Link', linkpath: '/etc/passwd' }, /Link/],
  ['a device', { path: 'package/x', type: 'CharacterDevice' }, /CharacterDevice/],
  ['a file that is there twice', good, /twice/],
];

for (const [what, entry, reason] of hostile) {
  test(`a tarball with ${what} is refused`, async (t) => {
    await assert.rejects(unpacked(t, [good, entry]), { code: 'PLUGIN_INVALID', message: reason });
  });
}

test('a tarball of too many files or bytes is refused', async (t) => {
  const many = Array.from({ length: 1001 }, (_, at) => ({ ...good, path: `package/${at}.js` }));
  await assert.rejects(unpacked(t, many), { code: 'PLUGIN_INVALID', message: /one too many/ });
  const bomb = unpacked(t, [good], 'x'.repeat(17_000_000));
  await assert.rejects(bomb, { code: 'PLUGIN_INVALID', message: /at most 16777216 bytes/ });
});
