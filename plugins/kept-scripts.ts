/**
 * Scripts that are bundled from Banter's own files, on the disk with the hashes of those files: to bundle them takes longer
 * than all else at the start of a plugin. A package brings them along; a checkout keeps them in its `node_modules`.
 */

import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { writePrivate } from '../core/files-api.ts';
import { list, parseJson, record, type Shape, text } from './shape.ts';

/** What came out of a build. */
export interface Built {
  readonly texts: readonly string[];
  /** Every file that went in, by absolute path, with the SHA-512 of what it contained. */
  readonly inputs: ReadonlyMap<string, string>;
}

/** Where scripts are kept. */
export interface ScriptPlace {
  readonly folder: string;
  /** All inputs are below it; it may be moved with them. */
  readonly root: string;
  /** Whether what is built goes there. A package stays as it was installed. */
  readonly isWritable: boolean;
}

interface Kept {
  /** How it was made: for something else it is built anew. Which version of the bundler made it does not matter. */
  readonly recipe: string;
  readonly inputs: readonly { readonly file: string; readonly sha512: string }[];
  readonly texts: readonly string[];
}

const charactersMax = 4_194_304;
const inputsMax = 1000;
const textsMax = 10;

const keptShape: Shape<Kept> = record<Kept>({
  recipe: text(10_000),
  inputs: list(record<Kept['inputs'][number]>({ file: text(1000), sha512: text(128) }), inputsMax),
  texts: list(text(charactersMax), textsMax),
});

const root = join(import.meta.dirname, '..');
const isCheckout = extname(import.meta.filename) === '.ts';

/** The place of this very program. */
export const ownScripts: ScriptPlace = isCheckout
  ? { root, folder: join(root, 'node_modules/.cache/banter'), isWritable: true }
  : { root, folder: join(import.meta.dirname, 'scripts'), isWritable: false };

/** A module of this folder, as it is installed: `.ts` in a checkout, `.js` in a package. */
export function sibling(name: string): string {
  return join(import.meta.dirname, `${name}${extname(import.meta.filename)}`);
}

/** Several processes share the files of a place. */
export class KeptScripts {
  readonly #place: ScriptPlace;

  constructor(place: ScriptPlace = ownScripts) {
    this.#place = place;
  }

  /**
   * What was built under this name by this recipe, unless a file that went in has changed since, or somebody else could
   * have written it; else what `build` builds.
   */
  async find(name: string, recipe: string, build: () => Promise<Built>): Promise<Built> {
    const kept = await this.#read(name, recipe);
    if (kept !== undefined) return kept;
    const built = await build();
    if (this.#place.isWritable) this.#write(name, recipe, built);
    return built;
  }

  async #read(name: string, recipe: string): Promise<Built | undefined> {
    try {
      const kept = parseJson(await readTrusted(this.#fileOf(name)), keptShape);
      if (kept.recipe !== recipe) return undefined;
      const inputs = new Map(
        kept.inputs.map(({ file, sha512 }) => [join(this.#place.root, file), sha512]),
      );
      return (await areUnchanged(inputs)) ? { texts: kept.texts, inputs } : undefined;
    } catch {
      // It is absent, damaged or not ours; whatever it is, to build anew does no harm.
      return undefined;
    }
  }

  #write(name: string, recipe: string, { texts, inputs }: Built): void {
    const files = Array.from(inputs, ([path, sha512]) => ({
      file: relative(this.#place.root, path),
      sha512,
    }));
    const kept: Kept = { recipe, inputs: files, texts };
    try {
      writePrivate(this.#fileOf(name), JSON.stringify(kept));
    } catch {
      // Somebody else's, read-only or full: every process builds for itself then.
    }
  }

  #fileOf(name: string): string {
    return join(this.#place.folder, `${name}.json`);
  }
}

/** Of the bytes of a file: what inputs are known by. */
export function hashOf(contents: Uint8Array): string {
  return createHash('sha512').update(contents).digest('hex');
}

/** Whether all files have the content that they are known by. */
export async function areUnchanged(inputs: ReadonlyMap<string, string>): Promise<boolean> {
  const same = [...inputs].map(async ([path, wanted]) =>
    readFile(path).then(
      (contents) => hashOf(contents) === wanted,
      () => false,
    ),
  );
  return (await Promise.all(same)).every(Boolean);
}

/** What is read runs in the isolates and beside them, so it must not come from anybody. */
async function readTrusted(path: string): Promise<string> {
  // Windows has no such flag.
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    if (isTrusted(await file.stat(), await stat(import.meta.filename))) {
      return await file.readFile('utf8');
    }
    throw new Error(`${path} is not ours`);
  } finally {
    await file.close();
  }
}

/** A file of the user, or of who owns this very program, that nobody else may write. Windows has no such owners. */
function isTrusted(found: Stats, program: Stats): boolean {
  const user = process.getuid?.();
  if (!found.isFile() || user === undefined) return found.isFile();
  return [user, program.uid].includes(found.uid) && (found.mode & 0o022) === 0;
}
