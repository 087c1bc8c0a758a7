/** Plugins written by a test. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryHome } from '../../support/home.ts';

const usual: readonly string[] = [
  'message.read',
  'message.send',
  'private.read',
  'private.send',
  'storage',
  'schedule',
  'file.append',
];

/** The file of a plugin with these statements in its `setup`, gone when the test ends. */
export function pluginFile(
  t: TestContext,
  id: string,
  setup: string,
  permissions: readonly string[] = usual,
): string {
  const path = join(temporaryHome(t).path, `${id}.ts`);
  writeFileSync(
    path,
    `import { definePlugin } from 'banter/plugins';
export default definePlugin({ id: '${id}', version: '1.0.0', permissions: ${JSON.stringify(permissions)},
  async setup(ctx) { ${setup} } });`,
  );
  return path;
}
