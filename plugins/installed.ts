/** The plugins that were installed into a data folder: one file of each, and beside it a record of what that file must be. */

import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BanterError } from '../core/error-api.ts';
import { exclusively, readPrivate, writePrivate } from '../core/files-api.ts';
import { isHttpPermission } from './http-origin.ts';
import type { PluginSource } from './location.ts';
import { permissions } from './permissions.ts';
import {
  choice,
  integer,
  list,
  optional,
  parseJson,
  record,
  type Shape,
  text,
  variant,
} from './shape.ts';

/** What was installed, and from where. */
export interface InstalledPlugin {
  readonly id: string;
  readonly version: string;
  readonly description: string;
  /** What its manifest asked for when it was installed. */
  readonly permissions: readonly string[];
  readonly origin: PluginOrigin;
  /** Of the one file that is loaded; 128 hexadecimal digits. */
  readonly sha512: string;
  /** ISO 8601, UTC. */
  readonly installedAt: string;
}

/** Where an installed plugin was taken from; what it was granted and what it keeps hold for this, too. */
export type PluginOrigin =
  | LocalOrigin<'file'>
  | LocalOrigin<'folder'>
  | TarballOrigin
  | PackageOrigin;

interface LocalOrigin<Type extends string> {
  readonly type: Type;
  /** An absolute path. */
  readonly from: string;
}

interface TarballOrigin extends LocalOrigin<'tarball'> {
  /** `sha512-…`, as npm writes it: the same one elsewhere is the same plugin. Absent from what older versions installed. */
  readonly integrity?: string | undefined;
}

/** An installed plugin whose record cannot be read. */
export interface UnreadablePlugin {
  readonly id: string;
  /** Why, in words that name the file. */
  readonly problem: string;
}

/** A package of whatever registry npm was set to. */
export interface PackageOrigin {
  readonly type: 'npm';
  /** Its name, scope included. */
  readonly from: string;
  /** That of the package; the plugin may count otherwise. */
  readonly version: string;
  /** Of its tarball, as npm writes it: `sha512-…`. */
  readonly integrity: string;
}

/** Plugins that one folder lists; the rest of more is not listed, and loads all the same. */
const listedMax = 1000;

/** Characters of a record; a larger one is not ours. */
const recordCharactersMax = 65_536;

const permissionsMax = 100;
const formatVersion = 1;
const recordName = 'installed.json';

/** An id as a manifest has it; nothing else becomes part of a path. */
const idPattern = /^[a-z][a-z0-9-]{0,31}$/;

/** SHA-512 in base64, as npm writes it. */
export const integrityPattern: RegExp = /^sha512-[A-Za-z0-9+/]{86}==$/;

const integrityWords = '"sha512-" and 88 characters of base64';

interface RawRecord extends InstalledPlugin {
  readonly format: number;
}

const permission: Shape<string> = (value, place) =>
  typeof value === 'string' && value.length <= 300 && isHttpPermission(value)
    ? value
    : choice(permissions)(value, place);

const path = text(4000);
const integrity = text(100, integrityPattern, integrityWords);

const origin: Shape<PluginOrigin> = variant<PluginOrigin>({
  file: record<LocalOrigin<'file'>>({ type: choice(['file']), from: path }),
  folder: record<LocalOrigin<'folder'>>({ type: choice(['folder']), from: path }),
  tarball: record<TarballOrigin>({
    type: choice(['tarball']),
    from: path,
    integrity: optional(integrity),
  }),
  npm: record<PackageOrigin>({
    type: choice(['npm']),
    from: text(300),
    version: text(300),
    integrity,
  }),
});

const shape: Shape<RawRecord> = record<RawRecord>({
  format: integer(formatVersion, formatVersion),
  id: text(32, idPattern),
  version: text(32),
  description: text(200),
  permissions: list(permission, permissionsMax),
  origin,
  sha512: text(128, /^[0-9a-f]{128}$/, 'a SHA-512 in hexadecimal'),
  installedAt: text(32),
});

/** Reads the folder at every look, so that several processes can share it. */
export class InstalledPlugins {
  readonly #folder: string;

  /** `folder` is made by the first plugin that is installed. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** In the order of their ids; one that cannot be read hides no other. @throws BanterError DATA_UNUSABLE */
  list(): readonly (InstalledPlugin | UnreadablePlugin)[] {
    return namesIn(this.#folder)
      .filter((name) => idPattern.test(name))
      .sort()
      .slice(0, listedMax)
      .flatMap((id) => this.#findOrTell(id) ?? []);
  }

  /** @throws BanterError DATA_UNUSABLE, PLUGIN_CHANGED */
  find(id: string): InstalledPlugin | undefined {
    if (!idPattern.test(id)) return undefined;
    const path = join(this.#folder, id, recordName);
    const source = readPrivate(path);
    return source === undefined ? undefined : parseRecord(path, id, source);
  }

  /** What was installed from this version of a package, under whatever id; records that cannot be read are passed over. @throws BanterError DATA_UNUSABLE */
  ofPackage(name: string, version: string): PackageOrigin | undefined {
    return namesIn(this.#folder)
      .map((id) => this.#readable(id)?.origin)
      .filter((from) => from?.type === 'npm')
      .find((from) => from.from === name && from.version === version);
  }

  /** Where a plugin is loaded from, and what its file must be. @throws BanterError as {@link find} */
  locate(id: string): PluginSource | undefined {
    const found = this.find(id);
    if (found === undefined) return undefined;
    const { sha512, origin } = found;
    return {
      file: this.#fileOf(found),
      identity: identityOf(origin),
      sha512,
    };
  }

  /** Whether its file is the one that was installed. @throws BanterError DATA_UNUSABLE */
  isIntact(plugin: InstalledPlugin): boolean {
    const code = readPrivate(this.#fileOf(plugin));
    return code !== undefined && sha512Of(code) === plugin.sha512;
  }

  /**
   * Keeps a plugin in the place of that of the same id. The new file has another name, and the record turns to it at
   * once: whatever ends this process leaves the old plugin or the new one.
   * Returns the old one, if that could be read.
   * @throws BanterError DATA_UNUSABLE
   */
  put(plugin: Omit<InstalledPlugin, 'sha512'>, code: string): Promise<InstalledPlugin | undefined> {
    return this.#alone(() => this.#put(plugin, code));
  }

  /** Takes a plugin away, also one whose record cannot be read. Returns whether there was one. @throws BanterError DATA_UNUSABLE */
  async remove(id: string): Promise<boolean> {
    if (!idPattern.test(id) || !namesIn(this.#folder).includes(id)) return false;
    return this.#alone(() => {
      // The record first: a plugin without one is not installed.
      remove(join(this.#folder, id, recordName));
      remove(join(this.#folder, id));
      return true;
    });
  }

  /** One process at a time changes the folder; who only looks finds the old or the new. */
  #alone<Result>(work: () => Result): Promise<Result> {
    return exclusively(join(this.#folder, '.lock'), work);
  }

  #put(plugin: Omit<InstalledPlugin, 'sha512'>, code: string): InstalledPlugin | undefined {
    const before = this.#readable(plugin.id);
    const installed: RawRecord = { format: formatVersion, ...plugin, sha512: sha512Of(code) };
    writePrivate(this.#fileOf(installed), code);
    const path = join(this.#folder, plugin.id, recordName);
    writePrivate(path, `${JSON.stringify(installed, undefined, 2)}\n`);
    if (before !== undefined && before.sha512 !== installed.sha512) remove(this.#fileOf(before));
    return before;
  }

  /** Installing anew is the remedy for a record that cannot be read. */
  #readable(id: string): InstalledPlugin | undefined {
    const found = this.#findOrTell(id);
    return found !== undefined && 'problem' in found ? undefined : found;
  }

  #findOrTell(id: string): InstalledPlugin | UnreadablePlugin | undefined {
    try {
      return this.find(id);
    } catch (error) {
      if (!(error instanceof BanterError)) throw error;
      return { id, problem: error.message };
    }
  }

  #fileOf({ id, sha512 }: Pick<InstalledPlugin, 'id' | 'sha512'>): string {
    return join(this.#folder, id, `plugin-${sha512.slice(0, 16)}.js`);
  }
}

/** What changes its place and never its content is known by that; the rest by where it is changed. */
function identityOf(from: PluginOrigin): string {
  const isKnown = from.type === 'tarball' && from.integrity !== undefined;
  return `installed:${from.type}:${isKnown ? from.integrity : from.from}`;
}

function sha512Of(code: string): string {
  return createHash('sha512').update(code).digest('hex');
}

function parseRecord(path: string, id: string, source: string): InstalledPlugin {
  try {
    if (source.length > recordCharactersMax) {
      throw new Error(`it has more than ${recordCharactersMax} characters`);
    }
    const { format: _, ...plugin } = parseJson(source, shape);
    if (plugin.id !== id) throw new Error(`it is that of "${plugin.id}"`);
    return plugin;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BanterError(
      'PLUGIN_CHANGED',
      `what is installed as "${id}" is not known: ${path} cannot be read: ${reason}`,
      { cause, data: { path } },
    );
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw unusable(folder, cause);
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (cause) {
    throw unusable(path, cause);
  }
}

function unusable(path: string, cause: unknown): BanterError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BanterError('DATA_UNUSABLE', `cannot use ${path}: ${reason}`, {
    cause,
    data: { path },
  });
}
