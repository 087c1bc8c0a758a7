/** `banter plugin check`: what is wrong with a plugin, without loading it anywhere. */

import { realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { BanterError } from '../core/error-api.ts';
import { Bundler, inspectPlugin, permissionUses } from '../plugins/index.ts';
import { exitCodes } from './exit-codes.ts';
import { checkTypes, type TypeCheck } from './plugin-types.ts';
import { safeText } from './safe-text.ts';

/**
 * Checks manifest, bundle, permissions and types of a plugin, given as its file, or as its folder with a file of the same
 * name; tells what was found. Resolves to the exit code: 1 with errors of types. That permissions differ is only told.
 * @throws BanterError PLUGIN_INVALID with file, line and column; PLUGIN_FAILED
 */
export async function checkPlugin(path: string, json: boolean): Promise<number> {
  using _bundlesTwice = Bundler.keepService();
  const file = await realpath(await entryOf(resolve(path), path));
  const { manifest } = await inspectPlugin(file);
  const { id, version, permissions } = manifest;
  const uses = await permissionUses(file, permissions);
  const types = await checkTypes(file);
  const failed = types.type === 'errors';
  if (json) {
    const plain = { plugin: id, version, asks: permissions, ...uses, types };
    process.stdout.write(`${JSON.stringify(plain)}\n`);
    return failed ? exitCodes.failed : exitCodes.ok;
  }
  const lines = [
    `${id} ${version}: manifest and bundle are fine; it asks for ${permissions.join(', ') || 'nothing'}`,
    ...uses.unused.map(
      (permission) => `permissions: ${permission} is asked for, no use of it seen`,
    ),
    ...uses.unasked.map(({ use, needs }) => `permissions: ${use} needs ${needs.join(' or ')}`),
    'permissions: that is a look at the text; what is computed or renamed is not seen',
    ...describeTypes(types),
  ];
  process.stdout.write(lines.map((line) => `${safeText(line)}\n`).join(''));
  return failed ? exitCodes.failed : exitCodes.ok;
}

function describeTypes(types: TypeCheck): readonly string[] {
  switch (types.type) {
    case 'fine':
      return ['types: fine'];
    case 'errors':
      return types.lines.map((line) => `types: ${line}`);
    case 'absent':
      return [
        'types: not checked, as TypeScript is not installed; npm install --save-dev typescript',
      ];
  }
}

async function entryOf(place: string, given: string): Promise<string> {
  const stats = await stat(place).catch((cause: unknown) => {
    throw new BanterError('PLUGIN_INVALID', `there is no plugin at ${given}`, { cause });
  });
  if (!stats.isDirectory()) return place;
  for (const ending of ['ts', 'js', 'mts', 'mjs']) {
    const file = join(place, `${basename(place)}.${ending}`);
    if (await isThere(file)) return file;
  }
  throw new BanterError(
    'PLUGIN_INVALID',
    `the folder ${given} has no file called ${basename(place)}.ts; name the plugin's file`,
  );
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
