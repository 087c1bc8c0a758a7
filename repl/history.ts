/** The history of the prompt: a file of JSON lines that several sessions may append to. */

import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const entriesMax = 1000;
const fileMode = 0o600;
const entryLengthMax = 64 * 1024;

const secretEntry =
  /^\s|^\/?join_group\s+\S+\s+\S|passw(or)?d|passphrase|secret|token|api[-_]?key|private[-_]?key|identity export/i;

/** Whether an entry must not be kept: it speaks of a secret, or begins with a space because the person wants it so. */
export function isSecret(entry: string): boolean {
  return secretEntry.test(entry);
}

/**
 * Entries are appended one line each, so that sessions side by side do not overwrite each other; the file has mode 0600.
 * The newest 1000 are read; a file of twice as many is cut to them. Longer entries than 64 Ki are not kept.
 * A file that cannot be read or written is not an error: the history then ends with the process.
 */
export class History {
  readonly #file: string | undefined;
  #entries: readonly string[];
  #newest: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string | undefined, entries: readonly string[]) {
    this.#file = file;
    this.#entries = entries;
    this.#newest = entries.at(-1);
  }

  /** Reads the file, if there is one; without a name nothing outlives the process. */
  static async open(file: string | undefined): Promise<History> {
    if (file === undefined) return new History(undefined, []);
    const text = await readFile(file, 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    const entries = lines.slice(-entriesMax).flatMap(decode);
    if (lines.length > 2 * entriesMax) await rewrite(file, entries);
    return new History(file, entries);
  }

  /** The entries read, oldest first. */
  get entries(): readonly string[] {
    return this.#entries;
  }

  /** Keeps an entry, unless it repeats the one before or speaks of a secret; says whether it was kept. */
  add(entry: string): boolean {
    if (entry.trim() === '' || isSecret(entry) || entry.length > entryLengthMax) return false;
    if (entry === this.#newest) return true;
    this.#newest = entry;
    this.#entries = [...this.#entries, entry].slice(-entriesMax);
    const file = this.#file;
    if (file !== undefined) {
      this.#writing = this.#writing.then(() => append(file, entry)).catch(() => {});
    }
    return true;
  }

  /** Resolves when everything kept is written. */
  async flush(): Promise<void> {
    await this.#writing;
  }
}

async function append(file: string, entry: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, `${JSON.stringify(entry)}\n`, { mode: fileMode });
}

async function rewrite(file: string, entries: readonly string[]): Promise<void> {
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, text, { mode: fileMode })
    .then(() => rename(fresh, file))
    .catch(() => {});
}

function decode(line: string): readonly string[] {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'string' ? [entry] : [];
  } catch {
    return [];
  }
}
