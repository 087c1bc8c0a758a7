/** What is meant by the argument of `banter plugin install`: a path, or a package of npm. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetOf } from '../../repl/plugin-target.ts';

const readings: readonly (readonly [spec: string, name: string | undefined, version?: string])[] = [
  ['tea', 'tea'],
  ['tea@1.0.0', 'tea', '1.0.0'],
  ['tea@^1.2.0-rc.1+b', 'tea', '^1.2.0-rc.1+b'],
  ['tea@next', 'tea', 'next'],
  ['@ann/tea', '@ann/tea'],
  ['@ann/tea@2', '@ann/tea', '2'],
  ['npm:chart.js', 'chart.js'],
  ['npm:here@1', 'here', '1'],
  ['here', undefined],
  ['./tea', undefined],
  ['../tea', undefined],
  ['/tea', undefined],
  ['~/tea', undefined],
  ['C:tea', undefined],
  ['.\\tea', undefined],
  ['tea.ts', undefined],
  ['chart.js', undefined],
  ['tea-1.0.0.tgz', undefined],
  ['src/tea', undefined],
  ['-g', undefined],
  ['', undefined],
];

test('what is there, begins like a path or ends like a file is a path, and else what looks like a package is one', () => {
  const isThere = (path: string): boolean => path.endsWith('/here');
  for (const [spec, name, version] of readings) {
    const wanted = { ...(name && { name }), ...(version && { version }) };
    const expected = name ? { type: 'package', wanted } : { type: 'path', path: spec };
    assert.deepEqual(targetOf(spec, isThere), expected, spec);
  }
});

const refused: readonly string[] = [
  'npm:',
  'npm:./tea',
  'npm:tea.tgz',
  'npm:tea@cup.tgz',
  'npm:tea@file:../cup',
  'npm:tea@npm:cup@1',
  'npm:tea@https://example.org/cup',
  'npm:ann/tea',
  'npm:@ann',
  'npm:tea --registry=x',
  'npm:--registry=x',
  `npm:${'t'.repeat(301)}`,
];

test('what npm would take for a folder, an address or an option is no package', () => {
  for (const spec of refused) {
    assert.throws(() => targetOf(spec, () => false), { code: 'OPTION_INVALID' }, spec);
  }
});
