/** The file of what plugins were granted: remembered for an id, a source and the version that asked. */

import { BanterError } from '../core/error-api.ts';
import { exclusively, readPrivate, writePrivate } from '../core/files-api.ts';
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
 * Reads the file at every look and writes it as a whole, one process at a time, so that several can share it. A file that
 * cannot be read is an error, and never written over.
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

  /**
   * Remembers this version of a plugin, with what `make` makes of that which it has been granted until then, by whomever.
   * Resolves to the record.
   * @throws BanterError as {@link records}; OPTION_INVALID when there are too many
   */
  update(
    { plugin, source, version }: Omit<GrantRecord, 'granted'>,
    make: (before: Granted) => Granted,
  ): Promise<GrantRecord> {
    return this.#change((records) => {
      const others = records.filter((other) => !isOf(other, plugin, source));
      if (others.length >= recordsMax) {
        const problem = `${recordsMax} plugins have grants; take some back with "banter plugin revoke"`;
        throw new BanterError('OPTION_INVALID', problem);
      }
      const before = records.find((record) => isOf(record, plugin, source));
      const granted = make(before?.granted ?? Granted.of([]));
      const record = { plugin, source, version, granted };
      return { records: [...others, record], result: record };
    });
  }

  /**
   * Leaves of the records that are meant what `make` makes of their grants; those with none go. Resolves to them as they
   * are then.
   * @throws BanterError as {@link records}
   */
  reduce(
    isMeant: (record: GrantRecord) => boolean,
    make: (before: Granted) => Granted,
  ): Promise<readonly GrantRecord[]> {
    return this.#change((all) => {
      const [meant, others] = [all.filter(isMeant), all.filter((record) => !isMeant(record))];
      const result = meant.map((record) => ({ ...record, granted: make(record.granted) }));
      const left = result.filter(({ granted }) => granted.notation.length > 0);
      return { records: [...others, ...left], result };
    });
  }

  async #change<Result>(
    make: (records: readonly GrantRecord[]) => {
      readonly records: readonly GrantRecord[];
      readonly result: Result;
    },
  ): Promise<Result> {
    const change = (): Result => {
      const { records, result } = make(this.records());
      this.#write(records);
      return result;
    };
    return this.#path === undefined ? change() : exclusively(`${this.#path}.lock`, change);
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
