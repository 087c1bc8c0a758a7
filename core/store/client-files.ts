/** What a client keeps for a server and a name: its identity, the keys it trusts, private messages held back or had. */

import { join } from 'node:path';
import { foldName } from '../chat/names.ts';
import type { PrivateMessage } from '../chat/types.ts';
import { BanterError } from '../errors.ts';
import { fromHex } from '../protocol/bytes.ts';
import { readOrMakeSeed } from './identity-file.ts';
import { MailRecord } from './mail-record.ts';
import { JsonLines, parsedJson, readPrivate, writePrivate } from './private-files.ts';

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
    if (text === undefined) return undefined;
    if (!keyPattern.test(text)) throw damaged(this.#path);
    return fromHex(text);
  }

  /** @param key 64 hex digits @throws BanterError DATA_UNUSABLE */
  write(key: string): void {
    writePrivate(this.#path, `${key}\n`);
  }
}

/** The keys of peers at first contact, by name however it is spelt. */
export class PeerPins {
  readonly #path: string | undefined;
  #keys: ReadonlyMap<string, string>;

  /** @param path undefined to keep them in memory @throws BanterError DATA_UNUSABLE */
  constructor(path: string | undefined) {
    this.#path = path;
    this.#keys = new Map(path === undefined ? [] : readPins(path));
  }

  /** The pinned key of a name, 64 hex digits. */
  key(name: string): string | undefined {
    return this.#keys.get(foldName(name));
  }

  /** Durable when this returns. @throws BanterError DATA_UNUSABLE, and the key is not pinned */
  pin(name: string, key: string): void {
    this.#replace(new Map(this.#keys).set(foldName(name), key));
  }

  /** @returns whether there was a pin @throws BanterError DATA_UNUSABLE, and it stays */
  forget(name: string): boolean {
    const keys = new Map(this.#keys);
    if (!keys.delete(foldName(name))) return false;
    this.#replace(keys);
    return true;
  }

  #replace(keys: ReadonlyMap<string, string>): void {
    if (this.#path !== undefined) {
      writePrivate(this.#path, `${JSON.stringify(Object.fromEntries(keys), null, 2)}\n`);
    }
    this.#keys = keys;
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
  readonly mailRecord: MailRecord;

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
    this.mailRecord = new MailRecord(folder && join(folder, 'mail.jsonl'));
  }

  close(): void {
    this.journal.close();
    this.mailRecord.close();
  }
}

function serverFolder(dataDir: string, server: string): string {
  return join(dataDir, 'servers', fileName(server));
}

/**
 * Names of people and hosts as names of files, on every system and without a way out of the folder.
 * Letters of every script stay: as percent signs a name of 32 of them would be too long for a file.
 */
function fileName(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_-]/gu, (character) =>
      [...Buffer.from(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
    );
}

/** A pin that cannot be read is an error: without it any key would pass for the first. */
function readPins(path: string): readonly (readonly [string, string])[] {
  const text = readPrivate(path);
  if (text === undefined) return [];
  const value = parsedJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(path);
  return Object.entries(value).map(([name, key]) => {
    if (typeof key !== 'string' || !keyPattern.test(key)) throw damaged(path);
    return [name, key] as const;
  });
}

function damaged(path: string): BanterError {
  const message = `${path} is damaged; restore it from a copy, or remove it to trust anew`;
  return new BanterError('DATA_UNUSABLE', message, { data: { path } });
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
    kept: record.get('kept') === true,
  };
}
