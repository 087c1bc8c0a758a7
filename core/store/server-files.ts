/** The store of a server in a folder of files: its identity and which name belongs to which key, and nothing else. */

import { join } from 'node:path';
import type { AuditEntry } from '../chat/audit.ts';
import {
  type HistoryQuery,
  nothingStored,
  type ReadQuery,
  type SearchQuery,
  type StoreChange,
  type StoredMessage,
  type StoredState,
} from '../chat/records.ts';
import { BanterError } from '../errors.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { FolderLock } from './folder-lock.ts';
import { MemoryStore } from './memory-store.ts';
import { JsonLines, makePrivate, readPrivate, writePrivate } from './private-files.ts';
import type { Store } from './store.ts';

const keyBytes = 32;

/** A line of the file of names. */
interface NameLine {
  readonly name: string;
  /** Ed25519 identity, 64 hex digits. */
  readonly key: string;
}

/** Names are durable; groups and what is said in them last as long as the server. */
export class ServerFiles implements Store {
  readonly seed: Uint8Array;
  readonly isDurable = false;
  readonly #names: JsonLines<NameLine>;
  readonly #lock: FolderLock;
  /** Groups and what is said in them. */
  readonly #memory: MemoryStore;

  private constructor(seed: Uint8Array, names: JsonLines<NameLine>, lock: FolderLock) {
    this.seed = seed;
    this.#names = names;
    this.#lock = lock;
    this.#memory = new MemoryStore(seed);
  }

  /** Opens a server's folder and makes what is missing; one server at a time. @throws BanterError DATA_UNUSABLE */
  static open(folder: string, newSeed: () => Uint8Array): ServerFiles {
    const lock = FolderLock.take(folder);
    try {
      const seed = readOrMakeSeed(join(folder, 'server-key'), newSeed);
      const names = JsonLines.open(join(folder, 'names.jsonl'), parseLine);
      return new ServerFiles(seed, names, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  load(): Promise<StoredState> {
    const names = this.#names.items.map(({ name, key }) => ({ name, identity: key }));
    return Promise.resolve({ ...nothingStored, names });
  }

  /** Binds names for good and passes over the rest; durable when this returns. @throws BanterError DATA_UNUSABLE */
  write(changes: readonly StoreChange[]): undefined {
    this.#memory.write(changes);
    for (const change of changes) {
      if (change.type !== 'nameBound') continue;
      this.#names.append({ name: change.name, key: change.identity });
    }
  }

  read(query: ReadQuery): Promise<readonly StoredMessage[]> {
    return this.#memory.read(query);
  }

  history(query: HistoryQuery): Promise<readonly StoredMessage[]> {
    return this.#memory.history(query);
  }

  search(query: SearchQuery): Promise<readonly StoredMessage[]> {
    return this.#memory.search(query);
  }

  audit(query: { readonly limit: number }): Promise<readonly AuditEntry[]> {
    return this.#memory.audit(query);
  }

  close(): Promise<void> {
    this.#names.close();
    this.#lock.release();
    return Promise.resolve();
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

function parseLine(value: unknown): NameLine | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('name' in value) || typeof value.name !== 'string') return undefined;
  if (!('key' in value) || typeof value.key !== 'string') return undefined;
  if (fromHex(value.key)?.length !== keyBytes) return undefined;
  return { name: value.name, key: value.key };
}
