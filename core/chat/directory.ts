/** The server's directory: which identity a name is bound to, who is online, and the changes as clients read them. */

import type { Address } from '../protocol/address.ts';
import { DirectoryHash } from './entry.ts';
import { Lookalikes } from './lookalikes.ts';
import { foldName } from './names.ts';
import { TokenBucket } from './token-bucket.ts';
import type { DirectoryEntry } from './types.ts';
import { serverCodec } from './wire.ts';
import { pageEntriesMax } from './wire-fields.ts';

/** That a name belongs to an identity: the one thing of the directory that outlives a server. */
export interface NameBinding {
  readonly name: string;
  /** Ed25519 identity, 64 hex digits. */
  readonly identity: string;
}

/** What changes about a name. */
export type Presence = Pick<DirectoryEntry, 'address' | 'online' | 'bot'>;

/** A part of the directory for one reader. */
export interface DirectoryPage {
  readonly payload: Uint8Array;
  /** The reader has everything up to here. */
  readonly version: number;
}

/** Names that begin alike; `next` asks for those after them, 0 for the end. */
export interface EntryPage {
  readonly entries: readonly DirectoryEntry[];
  readonly next: number;
}

/** A name as it was from `version` on, until another listing took its place. */
interface Listing {
  readonly folded: string;
  readonly entry: DirectoryEntry;
  readonly version: number;
}

interface CachedPage extends DirectoryPage {
  readonly isFull: boolean;
}

/** Publications that go out at once; a classroom that comes in takes one after another. */
const publicationBurst = 8;

/** Beyond the burst a publication gathers what changes in 250 ms. */
const publicationsPerSecond = 4;

/** Encoded pages kept for the next reader at the same place. */
const cachedPagesMax = 64;

/** Stale changes that are not worth a cleaning. */
const changesKept = 64;

/** The address of whoever has none that others may know. */
export const nowhere: Address = { host: '', port: 0 };
/** Names that one search looks at; what is left of them is for the next page. */
const namesSearchedMax = 20_000;

const absent: Presence = { address: nowhere, online: false, bot: false };

/**
 * A log of changes in which only the newest change of a name counts; a reader is a version, and reads what is newer.
 * A first read and a delta are therefore the same thing.
 */
export class Directory {
  readonly #listings = new Map<string, Listing>();
  /** Folded names in the order in which they were bound. */
  readonly #order: string[] = [];
  /** The server speaks under that name in logs. */
  readonly #lookalikes = new Lookalikes(['server']);
  readonly #hash = new DirectoryHash();
  /** In order of version; among them listings that are no longer current. */
  #changes: Listing[] = [];
  readonly #pages = new Map<number, CachedPage>();
  readonly #publications = new TokenBucket(publicationBurst, publicationsPerSecond);
  #version = 0;
  #published = 0;
  #releasedVersion = 0;

  constructor(bindings: Iterable<NameBinding>) {
    for (const { name, identity } of bindings) this.bind(name, identity);
    this.#published = this.#version;
  }

  /** How many names are bound. */
  get size(): number {
    return this.#listings.size;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** The hash of all entries at the present version (docs/PROTOCOL.md §7). 8 bytes. */
  get hash(): Uint8Array {
    return this.#hash.bytes;
  }

  /** The version at which a name was released last; who has an older one must be told everything anew. */
  get releasedVersion(): number {
    return this.#releasedVersion;
  }

  /** Who is bound to which name, in the order in which it came to be. */
  get bindings(): Iterable<NameBinding> {
    return this.#bindings();
  }

  /** All names in the order in which they were bound. */
  get entries(): readonly DirectoryEntry[] {
    return Array.from(this.#listings.values(), ({ entry }) => entry);
  }

  /** Whom a name belongs to and how it is now, in whatever case it is spelt. */
  find(name: string): DirectoryEntry | undefined {
    return this.#listings.get(foldName(name))?.entry;
  }

  /** The bound or reserved name that a free one could be taken for. */
  findLookalike(name: string): string | undefined {
    return this.#lookalikes.find(name);
  }

  /** Binds a name that nobody has; unless something else is said it is offline and nowhere. */
  bind(name: string, identity: string, presence: Presence = absent): void {
    const folded = foldName(name);
    if (this.#listings.has(folded)) return;
    this.#order.push(folded);
    this.#lookalikes.add(name);
    this.#put(folded, { name, key: identity, ...presence });
  }

  /** A name is nobody's any more. Whoever lists names page by page at this moment may miss one. */
  release(name: string): void {
    const folded = foldName(name);
    const old = this.#listings.get(folded);
    if (old === undefined) return;
    this.#forgetPages(old.version);
    this.#forgetTails();
    this.#hash.remove(old.entry);
    this.#lookalikes.delete(old.entry.name);
    this.#listings.delete(folded);
    this.#order.splice(this.#order.indexOf(folded), 1);
    this.#releasedVersion = ++this.#version;
  }

  /** Says how a bound name is now; what stays the same is no change. */
  setPresence(name: string, presence: Partial<Presence>): void {
    const old = this.#listings.get(foldName(name));
    if (old === undefined) return;
    const entry = { ...old.entry, ...presence };
    if (isSame(old.entry, entry)) return;
    this.#forgetPages(old.version);
    this.#hash.remove(old.entry);
    this.#put(old.folded, entry);
  }

  /** The folded names that have changed since `version`. */
  *changedAfter(version: number): Iterable<string> {
    for (let at = this.#firstAfter(version); at < this.#changes.length; at++) {
      const listing = this.#changes[at];
      if (listing !== undefined && this.#isCurrent(listing)) yield listing.folded;
    }
  }

  /**
   * Names that begin with `prefix`, in whatever case, in the order in which they were bound. A page may hold fewer
   * than there is room for, even none, and yet have a next one: a search looks at 20,000 names at a time.
   * @param after 0, or the `next` of the page before
   */
  page(prefix: string, after: number): EntryPage {
    const folded = foldName(prefix);
    const entries: DirectoryEntry[] = [];
    const end = Math.min(this.#order.length, after + namesSearchedMax);
    for (let at = after; at < end; at++) {
      const key = this.#order[at];
      if (key?.startsWith(folded) !== true) continue;
      if (entries.length === pageEntriesMax) return { entries, next: at };
      const listing = this.#listings.get(key);
      if (listing !== undefined) entries.push(listing.entry);
    }
    return { entries, next: end < this.#order.length ? end : 0 };
  }

  /** The next part for a reader that has everything up to `version`. */
  read(version: number): DirectoryPage {
    const cached = this.#pages.get(version);
    if (cached !== undefined) return cached;
    const page = this.#encode(version);
    if (this.#pages.size >= cachedPagesMax) this.#pages.clear();
    this.#pages.set(version, page);
    return page;
  }

  /**
   * Whether readers are to be told now. The first eight changes go out at once; in a longer burst
   * what changes within 250 ms goes out together, however many clients come and go.
   */
  publish(now: number): boolean {
    if (this.#published === this.#version || !this.#publications.take(now)) return false;
    this.#published = this.#version;
    return true;
  }

  /** When {@link publish} is due. */
  pollTimeout(): number | undefined {
    return this.#published === this.#version ? undefined : this.#publications.readyAt;
  }

  #put(folded: string, entry: DirectoryEntry): void {
    const listing = { folded, entry, version: ++this.#version };
    this.#listings.set(folded, listing);
    this.#changes.push(listing);
    this.#hash.add(entry);
    this.#forgetTails();
    if (this.#changes.length > 2 * this.#listings.size + changesKept) {
      this.#changes = this.#changes.filter((old) => this.#isCurrent(old));
    }
  }

  *#bindings(): Iterable<NameBinding> {
    for (const { entry } of this.#listings.values())
      yield { name: entry.name, identity: entry.key };
  }

  #isCurrent(listing: Listing): boolean {
    return this.#listings.get(listing.folded) === listing;
  }

  #encode(after: number): CachedPage {
    const entries: DirectoryEntry[] = [];
    for (let at = this.#firstAfter(after); at < this.#changes.length; at++) {
      const listing = this.#changes[at];
      if (listing === undefined || !this.#isCurrent(listing)) continue;
      entries.push(listing.entry);
      if (entries.length < pageEntriesMax) continue;
      return { ...encodePage(listing.version, entries), isFull: true };
    }
    return { ...encodePage(this.#version, entries), isFull: false };
  }

  /** Binary search: the first change that is newer than `version`. */
  #firstAfter(version: number): number {
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.version ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A page that is not full ends where the directory ended. */
  #forgetTails(): void {
    for (const [after, page] of this.#pages) if (!page.isFull) this.#pages.delete(after);
  }

  /** A full page is stale once a listing in it is. */
  #forgetPages(version: number): void {
    for (const [after, page] of this.#pages) {
      if (after < version && version <= page.version) this.#pages.delete(after);
    }
  }
}

function isSame(a: Presence, b: Presence): boolean {
  return (
    a.online === b.online &&
    a.bot === b.bot &&
    a.address.host === b.address.host &&
    a.address.port === b.address.port
  );
}

function encodePage(version: number, entries: readonly DirectoryEntry[]): DirectoryPage {
  return { version, payload: serverCodec.encode({ type: 'directoryDelta', version, entries }) };
}
