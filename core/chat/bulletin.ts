/** Tells clients of the directory: of everybody while it is small, beyond that each of the names it watches. */

import { equalBytes } from '../protocol/bytes.ts';
import type { Directory } from './directory.ts';
import type { Effects } from './effects.ts';
import type { HubLimits } from './limits.ts';
import { foldName } from './names.ts';
import type { DirectoryView, Group, Link, Session } from './sessions.ts';
import type { DirectoryEntry } from './types.ts';
import { serverCodec } from './wire.ts';
import { pageEntriesMax } from './wire-fields.ts';

/** A client whose hash differs is told everything anew at most this often. Milliseconds. */
const resyncIntervalMs = 15_000;

export interface BulletinParts {
  readonly limits: HubLimits;
  readonly effects: Effects;
  readonly directory: Directory;
  /** Who has registered under a folded name since the start. */
  readonly findSession: (folded: string) => Session | undefined;
}

/** What a welcome says of the directory, and a reset likewise. */
export interface DirectoryOffer {
  readonly directoryVersion: number;
  readonly wholeDirectory: boolean;
}

/** Whether the directory is told whole depends on its size alone, which only grows: what narrows stays narrow. */
export class Bulletin {
  readonly #parts: BulletinParts;
  /** The links that have looked a name up, by folded name. */
  readonly #watchers = new Map<string, Set<Link>>();
  #publishedVersion: number;
  #isNarrow: boolean;

  constructor(parts: BulletinParts) {
    this.#parts = parts;
    this.#publishedVersion = parts.directory.version;
    this.#isNarrow = !this.#isWhole;
  }

  /** Where a link of a session begins to read. @param version up to which its client knows the directory already */
  open(link: Link, session: Session, version: number): DirectoryOffer {
    const { directory } = this.#parts;
    link.view.isWhole = this.#isWhole;
    link.view.readVersion = Math.min(version, directory.version);
    link.view.offeredVersion = directory.version;
    if (!link.view.isWhole) this.#offerWatched(link, session);
    return { directoryVersion: directory.version, wholeDirectory: link.view.isWhole };
  }

  /** What follows a welcome. @param version up to which its client knows the directory, 0 for not at all */
  goOn(link: Link, version: number): void {
    const { directory } = this.#parts;
    // A delta does not say that a name is gone.
    if (version > 0 && version < directory.releasedVersion) this.#tellAnew(link);
    this.release(link);
  }

  /** What was offered to a link may be read from now on. */
  release(link: Link): void {
    if (hasNews(link.view)) this.#parts.effects.tellReadable(link);
  }

  /** The link speaks under no name any more and is told of none. */
  close(link: Link): void {
    const { view } = link;
    for (const contact of view.contacts ?? []) this.#forgetWatcher(contact, link);
    view.contacts = undefined;
    view.news = undefined;
    view.readVersion = view.offeredVersion;
  }

  /** What has changed since the last time is offered to whom it concerns, of the links that are registered. */
  publish(links: Iterable<Link>): void {
    const { directory } = this.#parts;
    const since = this.#publishedVersion;
    this.#publishedVersion = directory.version;
    if (this.#isWhole) {
      for (const link of links) {
        if (link.registration === undefined) continue;
        link.view.offeredVersion = directory.version;
        this.release(link);
      }
      return;
    }
    for (const folded of directory.changedAfter(since)) {
      for (const link of this.#audience(folded)) this.#offer(link, folded);
    }
    if (!this.#isNarrow) this.#narrow(links);
  }

  /** How a name is now; the link is told of its changes from now on, instead of those of the name it asked for longest ago. */
  lookUp(link: Link, name: string): DirectoryEntry | undefined {
    const { directory, limits } = this.#parts;
    const entry = directory.find(name);
    if (entry === undefined) return undefined;
    const folded = foldName(name);
    link.view.contacts ??= new Set();
    const { contacts } = link.view;
    contacts.delete(folded);
    contacts.add(folded);
    const watchers = this.#watchers.get(folded) ?? new Set();
    this.#watchers.set(folded, watchers.add(link));
    for (const oldest of contacts) {
      if (contacts.size <= limits.contacts) break;
      contacts.delete(oldest);
      this.#forgetWatcher(oldest, link);
    }
    return entry;
  }

  /** A new member and the others of its group are told of each other. */
  introduce(link: Link, { key: newcomer }: Session, group: Group): void {
    if (link.view.isWhole || !this.#isTold(group)) return;
    for (const folded of group.members.keys()) this.#offer(link, folded);
    for (const { listener } of group.listeners) {
      if (listener !== undefined) this.#offer(listener.link, newcomer);
    }
  }

  /**
   * Compares hashes if the client has all there is, and tells it everything anew if they differ. A client that knows
   * only what it watches has nothing to compare; one that asks too often is not answered.
   */
  check(link: Link, version: number, hash: Uint8Array, now: number): void {
    const { directory } = this.#parts;
    const { view } = link;
    const isComparable = view.isWhole && version === directory.version;
    if (!isComparable || equalBytes(hash, directory.hash) || now < view.resyncableAt) return;
    view.resyncableAt = now + resyncIntervalMs;
    this.#tellAnew(link);
    this.release(link);
  }

  /** The next part for a link, or undefined if it has read everything. */
  readNext({ view }: Link): Uint8Array | undefined {
    const { directory } = this.#parts;
    if (view.news !== undefined) return this.#readNews(view, view.news);
    if (view.readVersion >= view.offeredVersion) return undefined;
    if (view.isWhole) {
      const page = directory.read(view.readVersion);
      view.readVersion = page.version;
      return page.payload;
    }
    // All that it watches has gone out: with an empty delta the client is complete.
    view.readVersion = view.offeredVersion;
    return serverCodec.encode({
      type: 'directoryDelta',
      version: view.offeredVersion,
      entries: [],
    });
  }

  #tellAnew(link: Link): void {
    const { directory, effects } = this.#parts;
    link.view.readVersion = 0;
    link.view.offeredVersion = directory.version;
    effects.send(link, {
      type: 'directoryReset',
      directoryVersion: directory.version,
      wholeDirectory: link.view.isWhole,
    });
  }

  get #isWhole(): boolean {
    return this.#parts.directory.size <= this.#parts.limits.directoryNames;
  }

  /** From now on nobody is told of everybody. */
  #narrow(links: Iterable<Link>): void {
    this.#isNarrow = true;
    for (const link of links) {
      if (link.registration === undefined || !link.view.isWhole) continue;
      const offer = this.open(link, link.registration.session, 0);
      this.#parts.effects.send(link, { type: 'directoryReset', ...offer });
      this.release(link);
    }
  }

  /** A group larger than the directory that is told whole is not told of either; its members look up whom they need. */
  #isTold(group: Group): boolean {
    return group.members.size <= this.#parts.limits.directoryNames;
  }

  #offerWatched({ view, registration }: Link, { key, memberships }: Session): void {
    view.readVersion = 0;
    const news = view.news ?? new Set();
    view.news = news.add(key);
    for (const contact of view.contacts ?? []) news.add(contact);
    if (registration?.isAuxiliary === true) return;
    for (const { group } of memberships.values()) {
      if (!this.#isTold(group)) continue;
      for (const member of group.members.keys()) news.add(member);
    }
  }

  /** Whom a name concerns: itself, who looked it up, and the members of its groups. */
  *#audience(folded: string): Iterable<Link> {
    const session = this.#parts.findSession(folded);
    if (session?.link !== undefined) yield session.link;
    yield* this.#watchers.get(folded) ?? [];
    for (const { group } of session?.memberships.values() ?? []) {
      if (!this.#isTold(group)) continue;
      for (const { listener } of group.listeners) if (listener !== undefined) yield listener.link;
    }
  }

  /** One that is still told of everybody will be narrowed, and then offered what it watches. */
  #offer(link: Link, folded: string): void {
    if (link.view.isWhole) return;
    link.view.news ??= new Set();
    link.view.news.add(folded);
    this.#parts.effects.tellReadable(link);
  }

  #readNews(view: DirectoryView, news: Set<string>): Uint8Array {
    const entries: DirectoryEntry[] = [];
    for (const folded of news) {
      news.delete(folded);
      const entry = this.#parts.directory.find(folded);
      if (entry !== undefined) entries.push(entry);
      if (entries.length === pageEntriesMax) break;
    }
    if (news.size === 0) view.news = undefined;
    return serverCodec.encode({ type: 'directoryEntries', entries });
  }

  #forgetWatcher(folded: string, link: Link): void {
    const watchers = this.#watchers.get(folded);
    watchers?.delete(link);
    if (watchers?.size === 0) this.#watchers.delete(folded);
  }
}

/** What a link that is not registered yet has read and is offered: nothing. */
export function newView(): DirectoryView {
  return {
    isWhole: true,
    readVersion: 0,
    offeredVersion: 0,
    contacts: undefined,
    news: undefined,
    resyncableAt: 0,
  };
}

function hasNews({ news, readVersion, offeredVersion }: DirectoryView): boolean {
  return news !== undefined || readVersion < offeredVersion;
}
