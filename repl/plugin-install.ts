/** `banter plugin install`, `uninstall`, `list` and `pack`: plugins that are kept in the data folder as they were when they came. */

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
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
  integrityPattern,
  type PackageOrigin,
  type Permission,
  type PluginOrigin,
  pack,
  tarballIntegrity,
  unpack,
} from '../plugins/index.ts';
import type { Config } from './config.ts';
import { exitCodes } from './exit-codes.ts';
import { installedDirOf } from './grant-file.ts';
import { fetchPackage } from './npm-package.ts';
import { packageWords, targetOf, type WantedPackage } from './plugin-target.ts';
import { Progress } from './progress.ts';
import { safeText } from './safe-text.ts';

/** What a plugin says of itself, as far as it is kept. */
interface Summary {
  readonly id: string;
  readonly version: string;
  readonly description: string;
  readonly permissions: readonly Permission[];
}

export interface InstallOptions {
  /** What is to be installed must be this tarball: `sha512-…`, as npm writes it. */
  readonly integrity?: string | undefined;
  /** Ends a fetch. */
  readonly signal: AbortSignal;
}

/** One module of a plugin, and where it was taken from. */
interface TakenPlugin {
  readonly origin: PluginOrigin;
  readonly code: string;
}

/**
 * Makes one file of a plugin and keeps it, in the place of another version; says what it asks for. Nothing of it runs but
 * its manifest, in the sandbox. Resolves to the exit code.
 * @param spec a file, a folder, a tarball, or a package of npm
 * @throws BanterError PLUGIN_INVALID, PLUGIN_FAILED, DATA_UNUSABLE, PACKAGE_UNAVAILABLE, INTEGRITY_MISMATCH, ABORTED;
 * OPTION_INVALID for the id of a built-in plugin, and for what can be no package or integrity
 */
export async function installPlugin(
  config: Config,
  spec: string,
  options: InstallOptions,
): Promise<number> {
  const { integrity } = options;
  if (integrity !== undefined && !integrityPattern.test(integrity)) {
    throw new BanterError(
      'OPTION_INVALID',
      `an integrity is "sha512-" and 88 characters of base64, not "${safeText(integrity)}"`,
    );
  }
  using _bundlesTwice = Bundler.keepService();
  const installed = new InstalledPlugins(installedDirOf(config));
  const target = targetOf(spec, existsSync);
  const { origin, code } =
    target.type === 'package'
      ? await takePackage(target.wanted, installed, options)
      : await takeLocal(await originOf(target.path), integrity);
  const summary = await inspectCode(code);
  if (builtinPlugins.includes(summary.id)) {
    throw new BanterError(
      'OPTION_INVALID',
      `"${summary.id}" comes with Banter, and that is what this name loads; give the plugin another id`,
    );
  }
  const fresh = { ...summary, origin, installedAt: new Date().toISOString() };
  const before = await installed.put(fresh, code);
  process.stdout.write(describeInstalled(summary, origin, before));
  return exitCodes.ok;
}

/**
 * Makes `<id>-<version>.tgz` in the working folder: one file of a plugin, and a package.json with which it can be
 * published. Resolves to the exit code.
 * @throws BanterError PLUGIN_INVALID, PLUGIN_FAILED, DATA_UNUSABLE
 */
export async function packPlugin(path: string): Promise<number> {
  using _bundlesTwice = Bundler.keepService();
  const origin = await originOf(path);
  const { code } = await takeLocal(origin, undefined);
  const { id, version, description } = await inspectCode(code);
  const name = `${id}-${version}.tgz`;
  const facts = { name: id, ...(await publishedFacts(origin)) };
  await inFolder(async (folder) => {
    const manifest = { ...facts, version, description, type: 'module', main: './plugin.js' };
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
    return safeText(`${id} ${version} (${originWords(origin)})${words}${state}`);
  });
  const text = lines.length === 0 ? 'no plugin is installed' : lines.join('\n');
  process.stdout.write(`${json ? JSON.stringify(plugins) : text}\n`);
  const areFine = plugins.every((plugin) => !('problem' in plugin) && plugin.intact);
  return areFine ? exitCodes.ok : exitCodes.failed;
}

async function originOf(path: string): Promise<Exclude<PluginOrigin, PackageOrigin>> {
  const from = await realpath(path).catch((cause: unknown) => {
    throw new BanterError('PLUGIN_INVALID', `there is no plugin at ${resolve(path)}`, { cause });
  });
  if ((await stat(from)).isDirectory()) return { type: 'folder', from };
  if (!/\.(?:tgz|tar\.gz)$/.test(from)) return { type: 'file', from };
  return { type: 'tarball', from, integrity: await tarballIntegrity(from) };
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

async function takeLocal(
  origin: Exclude<PluginOrigin, PackageOrigin>,
  integrity: string | undefined,
): Promise<TakenPlugin> {
  const { type, from } = origin;
  if (type === 'tarball') {
    if (integrity !== undefined) compare(from, integrity, origin.integrity ?? '');
    return { origin, code: await codeOfTarball(from) };
  }
  if (integrity === undefined) return { origin, code: await new Bundler().bundleModule(from) };
  throw new BanterError(
    'OPTION_INVALID',
    `an integrity is that of a tarball or a package, and ${from} is a ${type}`,
  );
}

/** What a package depends on is not fetched: its integrity would say nothing of that. */
async function takePackage(
  wanted: WantedPackage,
  installed: InstalledPlugins,
  { integrity, signal }: InstallOptions,
): Promise<TakenPlugin> {
  return inFolder(async (folder) => {
    const words = `fetching ${packageWords(wanted)} with npm`;
    const progress = new Progress(process.stderr, 'fetched', process.stderr.isTTY);
    progress.say(words);
    const onWaiting = (seconds: number): void => progress.say(`${words}, ${seconds} s`);
    const fetched = await fetchPackage(wanted, { folder, signal, onWaiting }).finally(() =>
      progress.end(),
    );
    const { name, version } = fetched;
    const what = `${name}@${version}`;
    if (integrity !== undefined) compare(what, integrity, fetched.integrity);
    const known = installed.ofPackage(name, version)?.integrity ?? fetched.integrity;
    compare(`${what}, which is installed already,`, known, fetched.integrity);
    const origin = { type: 'npm', from: name, version, integrity: fetched.integrity } as const;
    return { origin, code: await codeOfTarball(fetched.file) };
  });
}

function compare(what: string, expected: string, actual: string): void {
  if (expected === actual) return;
  throw new BanterError('INTEGRITY_MISMATCH', `${what} was to be ${expected}, and is ${actual}`);
}

async function codeOfTarball(file: string): Promise<string> {
  return inFolder(async (folder) => {
    await unpack(file, folder);
    return new Bundler().bundleModule(folder);
  });
}

/** Keys of a package.json that a registry shows; of others none leaves the author's folder, scripts above all. */
const publishedKeys = ['name', 'license', 'author', 'repository', 'homepage', 'keywords'] as const;

async function publishedFacts({
  type,
  from,
}: PluginOrigin): Promise<Readonly<Record<string, unknown>>> {
  const file = join(from, 'package.json');
  if (type !== 'folder' || !existsSync(file)) return {};
  // The bundler has read it before.
  const manifest: Readonly<Record<string, unknown>> = JSON.parse(await readFile(file, 'utf8'));
  return Object.fromEntries(
    publishedKeys.filter((key) => key in manifest).map((key) => [key, manifest[key]]),
  );
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
  origin: PluginOrigin,
  before: InstalledPlugin | undefined,
): string {
  const place =
    before === undefined
      ? ''
      : ` in the place of ${before.version} from ${safeText(originWords(before.origin))}`;
  const known = new Set(before?.permissions);
  const fresh = permissions.filter((permission) => !known.has(permission));
  const more = before === undefined ? 'it asks for' : 'it asks for more than that';
  const lines = fresh.map((permission) => `  ${permission}: ${describePermission(permission)}\n`);
  const asks = lines.length === 0 ? '' : `${more}\n${lines.join('')}`;
  const source = origin.type === 'npm' ? `it is ${originWords(origin)}, ${origin.integrity}\n` : '';
  return `${id} ${version} installed${place}\n${source}${asks}load it with --plugin ${id}, or "plugin load ${id}"\n`;
}

function originWords(origin: PluginOrigin): string {
  return origin.type === 'npm' ? `npm:${origin.from}@${origin.version}` : origin.from;
}
