/** What a server keeps in its folder: its identity and which name belongs to which key. */

import { join } from 'node:path';
import { BanterError } from '../errors.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { FolderLock } from './folder-lock.ts';
import { JsonLines, makePrivate, readPrivate, writePrivate } from './private-files.ts';

const keyBytes = 32;

/** A name and the Ed25519 key it belongs to. */
export interface NameBinding {
  readonly name: string;
  /** 64 hex digits. */
  readonly key: string;
}

export class ServerFiles {
  /** 32 bytes from which the server's identity follows. */
  readonly seed: Uint8Array;
  readonly #names: JsonLines<NameBinding>;
  readonly #lock: FolderLock;

  private constructor(seed: Uint8Array, names: JsonLines<NameBinding>, lock: FolderLock) {
    this.seed = seed;
    this.#names = names;
    this.#lock = lock;
  }

  /** Opens a server's folder and makes what is missing; one server at a time. @throws BanterError DATA_UNUSABLE */
  static open(folder: string, newSeed: () => Uint8Array): ServerFiles {
    const lock = FolderLock.take(folder);
    try {
      const seed = readOrMakeSeed(join(folder, 'server-key'), newSeed);
      const names = JsonLines.open(join(folder, 'names.jsonl'), parseBinding);
      return new ServerFiles(seed, names, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  get names(): readonly NameBinding[] {
    return this.#names.items;
  }

  /** Binds a name for good; durable when this returns. @throws BanterError DATA_UNUSABLE */
  bind(binding: NameBinding): void {
    this.#names.append(binding);
  }

  close(): void {
    this.#names.close();
    this.#lock.release();
  }
}

/** The seed in a file, made at the first call. @throws BanterError DATA_UNUSABLE */
export function readOrMakeSeed(path: string, newSeed: () => Uint8Array): Uint8Array {
  const text = readPrivate(path);
  if (text !== undefined) makePrivate(path);
  if (text === undefined) {
    const seed = newSeed();
    writePrivate(path, `${toHex(seed)}\n`);
    return seed;
  }
  const seed = fromHex(text.trim());
  if (seed?.length === keyBytes) return seed;
  throw new BanterError('DATA_UNUSABLE', `${path} holds no key; restore it from a copy`, {
    data: { path },
  });
}

function parseBinding(value: unknown): NameBinding | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('name' in value) || typeof value.name !== 'string') return undefined;
  if (!('key' in value) || typeof value.key !== 'string') return undefined;
  if (fromHex(value.key)?.length !== keyBytes) return undefined;
  return { name: value.name, key: value.key };
}
