/** `banter plugin install`, `uninstall`, `list` and `pack`: plugins that are kept in the data folder as they were when they came. */

import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { BanterError } from '../core/error-api.ts';
import {
  Bundler,
  builtinPlugins,
  describePermission,
  type InstalledPlugin,
  InstalledPlugins,
  inspectPlugin,
  type Permission,
  type PluginOrigin,
  pack,
  sha512Of,
  unpack,
} from '../plugins/index.ts';
import type { Config } from './config.ts';
import { exitCodes } from './exit-codes.ts';
import { installedDirOf } from './grant-file.ts';
import { safeText } from './safe-text.ts';

/** What a plugin says of itself, as far as it is kept. */
interface Summary {
  readonly id: string;
  readonly version: string;
  readonly description: string;
  readonly permissions: readonly Permission[];
}

/**
 * Makes one file of a plugin and keeps it, in the place of another version; says what it asks for. Nothing of it runs but
 * its manifest, in the sandbox. Resolves to the exit code.
 * @throws BanterError PLUGIN_INVALID, PLUGIN_FAILED, DATA_UNUSABLE; OPTION_INVALID for the id of a built-in plugin
 */
export async function installPlugin(config: Config, path: string): Promise<number> {
  const origin = await originOf(path);
  const code = await codeOf(origin);
  const summary = await inspectCode(code);
  if (builtinPlugins.includes(summary.id)) {
    throw new BanterError(
      'OPTION_INVALID',
      `"${summary.id}" comes with Banter, and that is what this name loads; give the plugin another id`,
    );
  }
  const installed = new InstalledPlugins(installedDirOf(config));
  const fresh = { ...summary, origin, installedAt: new Date().toISOString() };
  const before = await installed.put(fresh, code);
  process.stdout.write(describeInstalled(summary, before));
  return exitCodes.ok;
}

/**
 * Makes `<id>-<version>.tgz` in the working folder: one file of a plugin, and a package.json. Resolves to the exit code.
 * @throws BanterError PLUGIN_INVALID, PLUGIN_FAILED, DATA_UNUSABLE
 */
export async function packPlugin(path: string): Promise<number> {
  const code = await codeOf(await originOf(path));
  const { id, version, description } = await inspectCode(code);
  const name = `${id}-${version}.tgz`;
  await inFolder(async (folder) => {
    const manifest = { name: id, version, description, type: 'module', main: './plugin.js' };
    await mkdir(join(folder, 'package'));
    await writeFile(join(folder, 'package/package.json'), `${JSON.stringify(manifest)}\n`);
    await writeFile(join(folder, 'package/plugin.js'), code);
    await packAside(folder, resolve(name));
  });
  process.stdout.write(`${name}\n`);
  return exitCodes.ok;
}

/** Removes an installed plugin. Resolves to the exit code. @throws BanterError DATA_UNUSABLE */
export async function uninstallPlugin(config: Config, id: string): Promise<number> {
  const isGone = await new InstalledPlugins(installedDirOf(config)).remove(id);
  const words = isGone ? 'uninstalled' : 'is not installed; see "banter plugin list"';
  process.stdout.write(`${safeText(id)} ${words}\n`);
  return isGone ? exitCodes.ok : exitCodes.failed;
}

/**
 * Lists the installed plugins, and says which are not what was installed or cannot be told. Resolves to the exit code,
 * 1 if there are such.
 * @throws BanterError DATA_UNUSABLE
 */
export async function listPlugins(config: Config, json: boolean): Promise<number> {
  const installed = new InstalledPlugins(installedDirOf(config));
  const plugins = installed
    .list()
    .map((plugin) =>
      'problem' in plugin ? plugin : { ...plugin, intact: installed.isIntact(plugin) },
    );
  const lines = plugins.map((plugin) => {
    if ('problem' in plugin) return safeText(`${plugin.id} is not loaded: ${plugin.problem}`);
    const { id, version, description, origin, intact } = plugin;
    const words = description === '' ? '' : `: ${description}`;
    const state = intact ? '' : ' CHANGED since it was installed, and is not loaded';
    return safeText(`${id} ${version} (${origin.from})${words}${state}`);
  });
  const text = lines.length === 0 ? 'no plugin is installed' : lines.join('\n');
  process.stdout.write(`${json ? JSON.stringify(plugins) : text}\n`);
  const areFine = plugins.every((plugin) => !('problem' in plugin) && plugin.intact);
  return areFine ? exitCodes.ok : exitCodes.failed;
}

async function originOf(path: string): Promise<PluginOrigin> {
  const from = await realpath(path).catch((cause: unknown) => {
    throw new BanterError('PLUGIN_INVALID', `there is no plugin at ${resolve(path)}`, { cause });
  });
  if ((await stat(from)).isDirectory()) return { type: 'folder', from };
  if (!/\.(?:tgz|tar\.gz)$/.test(from)) return { type: 'file', from };
  return { type: 'tarball', from, integrity: sha512Of(await readFile(from)) };
}

/** Whoever looks at the tarball meanwhile, or is left with it when the disk is full, has a whole one or none. */
async function packAside(folder: string, file: string): Promise<void> {
  const aside = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  try {
    await pack(folder, 'package', aside);
    await rename(aside, file);
  } catch (cause) {
    await rm(aside, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BanterError('DATA_UNUSABLE', `cannot write ${file}: ${reason}`, { cause });
  }
}

async function codeOf({ type, from }: PluginOrigin): Promise<string> {
  const bundler = new Bundler();
  if (type !== 'tarball') return bundler.bundleModule(from);
  return inFolder(async (folder) => {
    await unpack(from, folder);
    return bundler.bundleModule(folder);
  });
}

/** Lends a fresh folder of its owner's alone. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'banter-plugin-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads the manifest of exactly what is going to be kept. */
async function inspectCode(code: string): Promise<Summary> {
  return inFolder(async (folder) => {
    const file = join(folder, 'plugin.js');
    await writeFile(file, code, { mode: 0o600, flag: 'wx' });
    const { id, version, description, permissions } = (await inspectPlugin(file)).manifest;
    return { id, version, description, permissions };
  });
}

function describeInstalled(
  { id, version, permissions }: Summary,
  before: InstalledPlugin | undefined,
): string {
  const place =
    before === undefined
      ? ''
      : ` in the place of ${before.version} from ${safeText(before.origin.from)}`;
  const known = new Set(before?.permissions);
  const fresh = permissions.filter((permission) => !known.has(permission));
  const more = before === undefined ? 'it asks for' : 'it asks for more than that';
  const lines = fresh.map((permission) => `  ${permission}: ${describePermission(permission)}\n`);
  const asks = lines.length === 0 ? '' : `${more}\n${lines.join('')}`;
  return `${id} ${version} installed${place}\n${asks}load it with --plugin ${id}, or "plugin load ${id}"\n`;
}
