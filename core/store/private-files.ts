/** Files for their owner's eyes (mode 0600, folders 0700), written so that a crash leaves the old or the new content. */

import {
  chmodSync,
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { BanterError } from '../errors.ts';

const fileMode = 0o600;
const folderMode = 0o700;

/** The text of a file, or undefined if there is none. @throws BanterError DATA_UNUSABLE */
export function readPrivate(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unusable(path, error);
  }
}

/** Takes away what others may do with a file. @throws BanterError DATA_UNUSABLE */
export function makePrivate(path: string): void {
  try {
    chmodSync(path, fileMode);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Makes an empty file where there is none, in a folder that is made if need be. @throws BanterError DATA_UNUSABLE */
export function makePrivateFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: folderMode });
    closeSync(openSync(path, 'wx', fileMode));
    syncFolder(dirname(path));
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Replaces a file's content, durably. @throws BanterError DATA_UNUSABLE */
export function writePrivate(path: string, text: string): void {
  const temporary = join(dirname(path), `.${process.pid}.${process.hrtime.bigint()}.tmp`);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: folderMode });
    const file = openSync(temporary, 'wx', fileMode);
    try {
      writeAll(file, Buffer.from(text), 0);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    discard(temporary);
    throw unusable(path, error);
  }
}

/** The system may take less than it is given while there is little room left, and refuse only the rest. */
function writeAll(file: number, bytes: Uint8Array, start: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, bytes.length - written, start + written);
  }
}

/** What is left of a failed attempt goes if it can; why the attempt failed is what matters. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The folder that could not be written cannot be cleaned either.
  }
}

/** Makes the names in a folder durable: a new one is so only once the folder is. */
export function syncFolder(path: string): void {
  // Windows neither needs nor allows it.
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function unusable(path: string, cause: unknown): BanterError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BanterError('DATA_UNUSABLE', `cannot use ${path}: ${reason}`, {
    cause,
    data: { path },
  });
}

/** A file of JSON records, one a line, that only grows until it is rewritten; each append is durable when it returns. */
export class JsonLines<Item> {
  readonly #path: string;
  readonly #items: Item[];
  #file: number | undefined;
  #bytes: number;

  private constructor(path: string, items: Item[], bytes: number) {
    this.#path = path;
    this.#items = items;
    this.#bytes = bytes;
  }

  /**
   * Reads what there is. A last line without its end is what a crash cut short: it was never acknowledged and goes.
   * @param parse returns undefined for what is no record
   * @throws BanterError DATA_UNUSABLE
   */
  static open<Item>(path: string, parse: (value: unknown) => Item | undefined): JsonLines<Item> {
    const text = readPrivate(path) ?? '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const items = whole
      .split('\n')
      .slice(0, -1)
      .map((line, at) => {
        const item = parse(parsedJson(line));
        if (item !== undefined) return item;
        throw new BanterError('DATA_UNUSABLE', `${path}: line ${at + 1} is damaged`, {
          data: { path },
        });
      });
    return new JsonLines(path, items, Buffer.byteLength(whole));
  }

  /** All records, oldest first. */
  get items(): readonly Item[] {
    return this.#items;
  }

  /** Adds a record; durable when this returns. @throws BanterError DATA_UNUSABLE, and the record is not added */
  append(item: Item): void {
    const line = Buffer.from(`${JSON.stringify(item)}\n`);
    try {
      this.#file ??= this.#openFile();
      writeAll(this.#file, line, this.#bytes);
      fsyncSync(this.#file);
    } catch (error) {
      throw unusable(this.#path, error);
    }
    this.#bytes += line.length;
    this.#items.push(item);
  }

  /** Forgets all records. @throws BanterError DATA_UNUSABLE */
  clear(): void {
    if (this.#items.length === 0) return;
    try {
      this.#file ??= this.#openFile();
      ftruncateSync(this.#file, 0);
      fsyncSync(this.#file);
    } catch (error) {
      throw unusable(this.#path, error);
    }
    this.#bytes = 0;
    this.#items.length = 0;
  }

  /** Puts other records in the place of all. @throws BanterError DATA_UNUSABLE, and they stay as they were */
  replace(items: readonly Item[]): void {
    const text = items.map((item) => `${JSON.stringify(item)}\n`).join('');
    writePrivate(this.#path, text);
    this.close();
    this.#bytes = Buffer.byteLength(text);
    this.#items.length = 0;
    for (const item of items) this.#items.push(item);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** Opened at the first change, so that reading needs no right to write; what a crash cut short is cut off. */
  #openFile(): number {
    mkdirSync(dirname(this.#path), { recursive: true, mode: folderMode });
    const file = openSync(this.#path, constantsOf(this.#bytes), fileMode);
    ftruncateSync(file, this.#bytes);
    syncFolder(dirname(this.#path));
    return file;
  }
}

/** Read and write in place; a file that was empty or absent is made. */
function constantsOf(bytes: number): 'r+' | 'w+' {
  return bytes === 0 ? 'w+' : 'r+';
}

/** The value of a JSON text, or undefined if it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
