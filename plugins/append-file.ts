/** The capability `file.append`: one log file of a plugin, readable by its owner only, rotated by size. */

import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BanterError } from '../core/error-api.ts';

/** How large the files grow and how many are kept. */
export interface Rotation {
  /** Bytes from which on the next line goes to a new file. Default 1 MiB. */
  readonly bytesMax: number;
  /** Older files kept beside the present one, as `.1` (youngest) and so on; the oldest is overwritten. Default 4. */
  readonly olderMax: number;
}

/** The rotation where nothing else is said. */
const defaultRotation: Rotation = { bytesMax: 1_048_576, olderMax: 4 };

/** Characters waiting to be written; further lines are refused. */
const waitingCharactersMax = 1_048_576;

/** Appends lines in order; what comes while one write is under way goes into the next. */
export class AppendFile {
  readonly #path: string;
  readonly #rotation: Rotation;
  #waiting = '';
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #bytes: number | undefined;

  constructor(path: string, rotation: Rotation = defaultRotation) {
    this.#path = path;
    this.#rotation = rotation;
  }

  /** Resolves when the line is written; line breaks inside it become blanks. @throws BanterError DATA_UNUSABLE, RATE_LIMITED */
  append(line: string): Promise<void> {
    if (this.#waiting.length + line.length > waitingCharactersMax) {
      const problem = `${this.#path} cannot be written as fast as lines come`;
      return Promise.reject(new BanterError('RATE_LIMITED', problem));
    }
    this.#waiting += `${line.replaceAll(/[\r\n]+/g, ' ')}\n`;
    this.#next ??= this.#schedule();
    return this.#next;
  }

  /** Resolves when all that was appended is written or has failed. */
  async settle(): Promise<void> {
    await (this.#next ?? this.#last).catch(() => undefined);
  }

  #schedule(): Promise<void> {
    const write = this.#last.then(() => {
      const lines = this.#waiting;
      this.#waiting = '';
      this.#next = undefined;
      return this.#write(lines);
    });
    this.#last = write.catch(() => undefined);
    return write;
  }

  async #write(lines: string): Promise<void> {
    try {
      this.#bytes ??= await this.#open();
      if (this.#bytes >= this.#rotation.bytesMax) {
        await this.#rotate();
      }
      await appendFile(this.#path, lines, { mode: 0o600 });
      this.#bytes += Buffer.byteLength(lines);
    } catch (cause) {
      const problem = `${this.#path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new BanterError('DATA_UNUSABLE', problem, { cause });
    }
  }

  async #open(): Promise<number> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    return stat(this.#path).then(
      ({ size }) => size,
      () => 0,
    );
  }

  async #rotate(): Promise<void> {
    const names = [this.#path];
    for (let age = 1; age <= this.#rotation.olderMax; age++) {
      names.push(`${this.#path}.${age}`);
    }
    for (let age = names.length - 1; age > 0; age--) {
      // A file of this age need not exist yet.
      await rename(names[age - 1] ?? '', names[age] ?? '').catch(() => undefined);
    }
    this.#bytes = 0;
  }
}
