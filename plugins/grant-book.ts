/** The file of what plugins were granted: remembered for an id, a source and the version that asked. */

import { BanterError } from '../core/client-api.ts';
import { readPrivate, writePrivate } from '../core/files-api.ts';
import { Granted, grantGroupsMax } from './granted.ts';
import { perGroup, permissions } from './permissions.ts';
import { integer, list, parseJson, record, type Shape, text } from './shape.ts';

/** What one plugin was granted. */
export interface GrantRecord {
  readonly plugin: string;
  /** Where it comes from; the same id from elsewhere is another plugin. */
  readonly source: string;
  /** The newest version that asked for no more than this. */
  readonly version: string;
  readonly granted: Granted;
}

/** Plugins that one file knows; one more is refused. */
const recordsMax = 1000;

/** Characters of the file; a larger one is not ours. */
const charactersMax = 4_194_304;

const formatVersion = 1;

interface RawRecord {
  readonly plugin: string;
  readonly source: string;
  readonly version: string;
  readonly grants: readonly string[];
}

const grantsMax = permissions.length + perGroup.size * grantGroupsMax;

const shape: Shape<{ readonly format: number; readonly plugins: readonly RawRecord[] }> = record({
  format: integer(formatVersion, formatVersion),
  plugins: list(
    record<RawRecord>({
      plugin: text(64),
      source: text(4096),
      version: text(32),
      grants: list(text(256), grantsMax),
    }),
    recordsMax,
  ),
});

/**
 * Reads the file at every look and writes it as a whole, so that several processes can share it: of two that write in the
 * same instant the later one wins. A file that cannot be read is an error, and never written over.
 */
export class GrantBook {
  readonly #path: string | undefined;
  #kept: readonly GrantRecord[] = [];

  /** `path` is that of the file; without one everything ends with this object. */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** Everything that was granted. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED, DATA_TOO_NEW */
  records(): readonly GrantRecord[] {
    if (this.#path === undefined) return this.#kept;
    const source = readPrivate(this.#path);
    return source === undefined ? [] : parseFile(this.#path, source);
  }

  /** What a plugin from there was granted. @throws BanterError as {@link records} */
  find(plugin: string, source: string): GrantRecord | undefined {
    return this.records().find((record) => isOf(record, plugin, source));
  }

  /** Puts a record in the place of that of the same plugin and source. @throws BanterError as {@link records}; OPTION_INVALID when there are too many */
  put(record: GrantRecord): void {
    const others = this.records().filter((other) => !isOf(other, record.plugin, record.source));
    if (others.length >= recordsMax) {
      const problem = `${recordsMax} plugins have grants; take some back with "banter plugin revoke"`;
      throw new BanterError('OPTION_INVALID', problem);
    }
    this.#write([...others, record]);
  }

  /** Takes records away; returns them. @throws BanterError as {@link records} */
  remove(isMeant: (record: GrantRecord) => boolean): readonly GrantRecord[] {
    const all = this.records();
    const gone = all.filter(isMeant);
    if (gone.length > 0) this.#write(all.filter((record) => !gone.includes(record)));
    return gone;
  }

  #write(records: readonly GrantRecord[]): void {
    if (this.#path === undefined) {
      this.#kept = records;
      return;
    }
    const plugins = records.map(({ plugin, source, version, granted }) => ({
      plugin,
      source,
      version,
      grants: granted.notation,
    }));
    writePrivate(
      this.#path,
      `${JSON.stringify({ format: formatVersion, plugins }, undefined, 2)}\n`,
    );
  }
}

function isOf(record: GrantRecord, plugin: string, source: string): boolean {
  return record.plugin === plugin && record.source === source;
}

function parseFile(path: string, source: string): readonly GrantRecord[] {
  try {
    if (source.length > charactersMax)
      throw new Error(`it has more than ${charactersMax} characters`);
    checkFormat(path, source);
    return parseJson(source, shape).plugins.map(({ plugin, source: from, version, grants }) => ({
      plugin,
      source: from,
      version,
      granted: Granted.parse(grants),
    }));
  } catch (cause) {
    if (cause instanceof BanterError && cause.code === 'DATA_TOO_NEW') throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BanterError(
      'DATA_DAMAGED',
      `the grants of plugins in ${path} cannot be read: ${reason}`,
      {
        cause,
        data: { path },
      },
    );
  }
}

function checkFormat(path: string, source: string): void {
  const value: unknown = JSON.parse(source);
  const format = typeof value === 'object' && value !== null && 'format' in value && value.format;
  if (typeof format === 'number' && format > formatVersion) {
    throw new BanterError(
      'DATA_TOO_NEW',
      `${path} has format ${format}, this program knows ${formatVersion}`,
      { data: { path, format, known: formatVersion } },
    );
  }
}
