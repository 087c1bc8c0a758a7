/** Proves that files which share a process are run, each once, and no other is left out. */

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { testsIn } from './together.ts';

const root = join(import.meta.dirname, '../..');

test('npm test runs every test file once, by itself or with its folder', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const patterns = Array.from(scripts.test.matchAll(/"([^"]+)"/g), ([, pattern]) => pattern);
  assert.ok(patterns.length > 0);
  const run = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }));
  const together = run.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const [, folder] = /^await runTogether\(new URL\('([^']+)'/m.exec(text) ?? [];
    return folder === undefined ? [] : testsIn(new URL(folder, pathToFileURL(join(root, file))));
  });
  assert.deepEqual(
    [
      ...run.map((file) => join(root, file)),
      ...together.map((file) => fileURLToPath(file)),
    ].toSorted(),
    globSync('test/**/*.test.ts', { cwd: root })
      .map((file) => join(root, file))
      .toSorted(),
  );
});
