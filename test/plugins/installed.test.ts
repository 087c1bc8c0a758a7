/** The folder of installed plugins, which several processes change, and the source that grants and data hold for. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { InstalledPlugins, type PluginOrigin } from '../../plugins/index.ts';
import { temporaryHome } from '../support/home.ts';

function plugin(version: string, origin: PluginOrigin): Parameters<InstalledPlugins['put']>[0] {
  const installedAt = '2026-01-01T00:00:00.000Z';
  return { id: 'tea', version, description: '', permissions: [], origin, installedAt };
}

const integrity = `sha512-${'A'.repeat(86)}==`;

test('of several that install and remove at once, each leaves a whole plugin or none', async (t) => {
  const folder = join(temporaryHome(t).path, 'installed');
  const origin = { type: 'file', from: '/tea.ts' } as const;
  const put = (version: string): Promise<unknown> =>
    new InstalledPlugins(folder).put(plugin(version, origin), `// ${version}`);
  for (let round = 0; round < 5; round++) {
    await Promise.all([
      put('1.0.0'),
      put('2.0.0'),
      new InstalledPlugins(folder).remove('tea'),
      put('3.0.0'),
    ]);
    const installed = new InstalledPlugins(folder);
    const found = installed.find('tea');
    if (found === undefined) continue;
    assert.ok(installed.isIntact(found));
    assert.equal(readdirSync(join(folder, 'tea')).length, 2);
  }
});

const sources: Readonly<Record<string, readonly [PluginOrigin, identity: string]>> = {
  'a folder by its path': [{ type: 'folder', from: '/tea' }, 'installed:folder:/tea'],
  'a package by its name': [
    { type: 'npm', from: '@ann/tea', version: '1.0.0', integrity },
    'installed:npm:@ann/tea',
  ],
  'a tarball by its content': [
    { type: 'tarball', from: '/tmp/tea.tgz', integrity },
    `installed:tarball:${integrity}`,
  ],
  'a tarball of which only the path was kept by that': [
    { type: 'tarball', from: '/tmp/tea.tgz' },
    'installed:tarball:/tmp/tea.tgz',
  ],
};

for (const [name, [origin, identity]] of Object.entries(sources)) {
  test(`knows ${name}`, async (t) => {
    const installed = new InstalledPlugins(join(temporaryHome(t).path, 'installed'));
    await installed.put(plugin('1.0.0', origin), '// tea');
    assert.equal(installed.locate('tea')?.identity, identity);
  });
}
