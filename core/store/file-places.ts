/** Whether files that a process has open still stand where they did: on Unix they may be deleted under it, unnoticed. */

import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Remembers which files stand at some paths. */
export class FilePlaces {
  /** What tells a file from another at the same path. */
  readonly #marks: ReadonlyMap<string, string>;

  /** @param paths of files; those that are not there are not looked for later */
  constructor(paths: readonly string[]) {
    this.#marks = new Map(
      paths.flatMap((path) => {
        const found = statSync(path, { throwIfNoEntry: false });
        return found === undefined ? [] : [[path, markOf(found)] as const];
      }),
    );
  }

  /** Whether the same files are there still. A file that cannot be looked at is not. */
  async hold(): Promise<boolean> {
    const held = Array.from(this.#marks, async ([path, mark]) => {
      const found = await stat(path).catch(() => undefined);
      return found !== undefined && markOf(found) === mark;
    });
    return (await Promise.all(held)).every((isHeld) => isHeld);
  }
}

function markOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev} ${ino}`;
}
