/** `banter plugin check`: what is wrong with a plugin, without loading it anywhere. */

import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BanterError } from '../core/error-api.ts';
import { Bundler, inspectPlugin, type Permission, permissionUses } from '../plugins/index.ts';
import { exitCodes } from './exit-codes.ts';
import { type Compilation, compilePlugin, type TypeCheck } from './plugin-types.ts';
import { safeText } from './safe-text.ts';

/**
 * Checks manifest, bundle, permissions and types of a plugin, given as its file, or as its folder, whose package.json names
 * the file as for `pack` and `install`; tells what was found. Resolves to the exit code: 1 with errors of types. That
 * permissions differ is only told.
 * @throws BanterError PLUGIN_INVALID with file, line and column; PLUGIN_FAILED
 */
export async function checkPlugin(path: string, json: boolean): Promise<number> {
  const place = await realpath(path).catch((cause: unknown) => {
    throw new BanterError('PLUGIN_INVALID', `there is no plugin at ${resolve(path)}`, { cause });
  });
  using _bundlesTwice = Bundler.keepService();
  // Bundled first: what is wrong with the file is then said before what the sandbox thinks of it.
  const [entry = place] = (await new Bundler().bundle(place)).files;
  const { manifest } = await inspectPlugin(place);
  const { id, version, permissions } = manifest;
  const { types, used } = await compilePlugin(entry);
  const failed = types.type === 'errors';
  if (json) {
    const uses = used === undefined ? { type: 'unknown' } : compared(used, permissions);
    const plain = { plugin: id, version, asks: permissions, permissions: uses, types };
    process.stdout.write(`${JSON.stringify(plain)}\n`);
    return failed ? exitCodes.failed : exitCodes.ok;
  }
  const lines = [
    `${id} ${version}: manifest and bundle are fine; it asks for ${permissions.join(', ') || 'nothing'}`,
    ...describeUses({ types, used }, permissions),
    ...describeTypes(types),
  ];
  process.stdout.write(lines.map((line) => `${safeText(line)}\n`).join(''));
  return failed ? exitCodes.failed : exitCodes.ok;
}

function compared(used: ReadonlySet<string>, asked: readonly Permission[]): object {
  return { type: 'compared', ...permissionUses(used, asked) };
}

function describeUses(
  { types, used }: Compilation,
  asked: readonly Permission[],
): readonly string[] {
  if (types.type === 'absent') return [];
  if (used === undefined) {
    return ['permissions: not compared with their uses, as no definePlugin says what ctx is'];
  }
  const { unused, unasked } = permissionUses(used, asked);
  const lines = [
    ...unused.map((permission) => `permissions: ${permission} is asked for, and nothing uses it`),
    ...unasked.map(({ use, needs }) => `permissions: ${use} needs ${needs.join(' or ')}`),
  ];
  return lines.length === 0 ? ['permissions: fine'] : lines;
}

function describeTypes(types: TypeCheck): readonly string[] {
  switch (types.type) {
    case 'fine':
      return ['types: fine'];
    case 'errors':
      return types.lines.map((line) => `types: ${line}`);
    case 'absent':
      return [
        'types and permissions: not checked, as TypeScript is not installed; npm install --save-dev typescript',
      ];
  }
}
