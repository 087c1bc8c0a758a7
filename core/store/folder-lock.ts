/** One process at a time in a folder: a file that names its owner, which counts only while the owner lives. */

import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BanterError } from '../errors.ts';
import { readPrivate, writePrivate } from './private-files.ts';

export class FolderLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** The living process that has the folder, or undefined. @throws BanterError DATA_UNUSABLE */
  static owner(folder: string): number | undefined {
    const owner = Number.parseInt(readPrivate(join(folder, 'lock')) ?? '', 10);
    return owner > 0 && isAlive(owner) ? owner : undefined;
  }

  /** Takes the folder, also after an owner that has died. @throws BanterError DATA_UNUSABLE naming the process that has it */
  static take(folder: string): FolderLock {
    const path = join(folder, 'lock');
    const owner = FolderLock.owner(folder);
    // Our own number is that of a predecessor: in a container every life may have the same one.
    if (owner !== undefined && owner !== process.pid) {
      throw new BanterError(
        'DATA_UNUSABLE',
        `${dirname(path)} is in use by a server, process ${owner}; stop it or choose another folder`,
        { data: { folder, owner } },
      );
    }
    writePrivate(path, `${process.pid}\n`);
    return new FolderLock(path);
  }

  /** Lets the next one in. */
  release(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // A folder that is gone needs no lock, and a lock left behind counts for nothing once this process is gone.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process lives too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
