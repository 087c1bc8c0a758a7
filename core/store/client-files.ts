/** What a client keeps for a server and a name: its identity, the keys it trusts, private messages held back. */

import { join } from 'node:path';
import type { PrivateMessage } from '../chat/types.ts';
import { fromHex } from '../protocol/bytes.ts';
import { JsonLines, readPrivate, writePrivate } from './private-files.ts';
import { readOrMakeSeed } from './server-files.ts';

const keyPattern = /^[0-9a-f]{64}$/;

/** The key that a server had at first contact, in a file of its own so that all names of this person share it. */
export class ServerPin {
  readonly #path: string;

  /** @param server the server as the person writes it, without a fingerprint */
  constructor(dataDir: string, server: string) {
    this.#path = join(serverFolder(dataDir, server), 'server-key');
  }

  /** 32 bytes, or undefined before first contact. @throws BanterError DATA_UNUSABLE */
  read(): Uint8Array | undefined {
    const text = readPrivate(this.#path)?.trim();
    return text === undefined || !keyPattern.test(text) ? undefined : fromHex(text);
  }

  /** @param key 64 hex digits @throws BanterError DATA_UNUSABLE */
  write(key: string): void {
    writePrivate(this.#path, `${key}\n`);
  }
}

/** The keys of peers at first contact, by name. */
export class PeerPins {
  readonly #path: string | undefined;
  readonly #keys: Map<string, string>;

  /** @param path undefined to keep them in memory @throws BanterError DATA_UNUSABLE */
  constructor(path: string | undefined) {
    this.#path = path;
    this.#keys = new Map(path === undefined ? [] : parsePins(readPrivate(path)));
  }

  /** The pinned key of a name, 64 hex digits. */
  key(name: string): string | undefined {
    return this.#keys.get(name);
  }

  pin(name: string, key: string): void {
    this.#keys.set(name, key);
    this.#write();
  }

  /** @returns whether there was a pin */
  forget(name: string): boolean {
    const known = this.#keys.delete(name);
    if (known) this.#write();
    return known;
  }

  #write(): void {
    if (this.#path === undefined) return;
    writePrivate(this.#path, `${JSON.stringify(Object.fromEntries(this.#keys), null, 2)}\n`);
  }
}

/** Private messages that were acknowledged and not yet shown. */
export class Journal {
  readonly #lines: JsonLines<PrivateMessage> | undefined;
  readonly #memory: PrivateMessage[] = [];

  /** @param path undefined to keep them in memory @throws BanterError DATA_UNUSABLE */
  constructor(path: string | undefined) {
    if (path !== undefined) this.#lines = JsonLines.open(path, parsePrivateMessage);
  }

  /** Durable when this returns. @throws BanterError DATA_UNUSABLE */
  append(message: PrivateMessage): void {
    if (this.#lines === undefined) this.#memory.push(message);
    else this.#lines.append(message);
  }

  get messages(): readonly PrivateMessage[] {
    return this.#lines?.items ?? this.#memory;
  }

  /** They have all been shown. */
  clear(): void {
    this.#lines?.clear();
    this.#memory.length = 0;
  }

  close(): void {
    this.#lines?.close();
  }
}

export class ClientFiles {
  /** 32 bytes from which the client's identity follows. */
  readonly seed: Uint8Array;
  readonly pins: PeerPins;
  readonly journal: Journal;

  /**
   * Opens the folder of a server and a name, and makes what is missing; without `dataDir` everything is in memory.
   * @throws BanterError DATA_UNUSABLE
   */
  constructor(
    dataDir: string | undefined,
    server: string,
    name: string,
    newSeed: () => Uint8Array,
  ) {
    const folder = dataDir && join(serverFolder(dataDir, server), fileName(name));
    this.seed = folder ? readOrMakeSeed(join(folder, 'identity-key'), newSeed) : newSeed();
    this.pins = new PeerPins(folder && join(folder, 'peers.json'));
    this.journal = new Journal(folder && join(folder, 'held-back.jsonl'));
  }

  close(): void {
    this.journal.close();
  }
}

function serverFolder(dataDir: string, server: string): string {
  return join(dataDir, 'servers', fileName(server));
}

/** Names of people and hosts as names of files, on every system and without a way out of the folder. */
function fileName(name: string): string {
  return encodeURIComponent(name.normalize('NFKC').toLowerCase()).replaceAll('.', '%2E');
}

function parsePins(text: string | undefined): readonly (readonly [string, string])[] {
  if (text === undefined) return [];
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, key]) =>
    typeof key === 'string' && keyPattern.test(key) ? [[name, key] as const] : [],
  );
}

function parsePrivateMessage(value: unknown): PrivateMessage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const record = new Map<string, unknown>(Object.entries(value));
  const text = (key: string): string | undefined => {
    const field = record.get(key);
    return typeof field === 'string' ? field : undefined;
  };
  const number = (key: string): number => {
    const field = record.get(key);
    return typeof field === 'number' ? field : 0;
  };
  const [mid, from, body] = [text('mid'), text('from'), text('text')];
  if (mid === undefined || from === undefined || body === undefined) return undefined;
  return {
    type: 'private',
    mid,
    from,
    text: body,
    sentAtMs: number('sentAtMs'),
    bot: record.get('bot') === true,
    hops: number('hops'),
    heldBack: true,
  };
}
