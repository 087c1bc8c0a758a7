/** A client's view of the directory, from what the server tells. */

import { equalBytes } from '../protocol/bytes.ts';
import { DirectoryHash } from './entry.ts';
import { foldName } from './names.ts';
import type { DirectoryEntry } from './types.ts';
import type { ServerMessage } from './wire.ts';

type Told<Type extends ServerMessage['type']> = Extract<ServerMessage, { readonly type: Type }>;

/** What of a welcome or a reset a mirror needs. */
type Offer = Pick<Told<'welcome'>, 'directoryVersion' | 'wholeDirectory'>;

/**
 * Keeps the names of one server through all its connections and boots; bounded by the server's own bound of names.
 * After a boot or a reset the old view stays until the new one is complete, so that private messages go on meanwhile.
 */
export class Mirror {
  readonly #entries = new Map<string, DirectoryEntry>();
  readonly #namesByFold = new Map<string, string>();
  /** Names of an earlier view that the server has not told of in this one yet. */
  #unconfirmed = new Set<string>();
  #epoch: Uint8Array = new Uint8Array(8);
  #isWhole = true;
  #version = 0;
  #target = 0;

  /** The boot of the server that {@link version} counts in, for the next registration. */
  get epoch(): Uint8Array {
    return this.#epoch;
  }

  /** How far the directory is known, for the next registration; 0 if only a part of it is told. */
  get version(): number {
    return this.#isWhole ? this.#version : 0;
  }

  /** Whether the server tells of every name; else of those that this client watches. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Whether everything that was so at the last welcome has come. */
  get isComplete(): boolean {
    return this.#version >= this.#target;
  }

  /** Every name by its spelling, in the order in which they became known. */
  get entries(): ReadonlyMap<string, DirectoryEntry> {
    return this.#entries;
  }

  /** The hash of all entries as they stand here (docs/PROTOCOL.md §7). 8 bytes. */
  get hash(): Uint8Array {
    // From what is really there, not along with each change: a fault in a change must show.
    const hash = new DirectoryHash();
    for (const entry of this.#entries.values()) hash.add(entry);
    return hash.bytes;
  }

  /** The entry of a name in whatever case it is spelt. */
  find(name: string): DirectoryEntry | undefined {
    const spelt = this.#namesByFold.get(foldName(name));
    return spelt === undefined ? undefined : this.#entries.get(spelt);
  }

  /** Prepares for what follows a welcome. @returns the entries that changed thereby, as {@link apply} does */
  begin(welcome: Offer & Pick<Told<'welcome'>, 'epoch'>): readonly DirectoryEntry[] {
    const goesOn =
      equalBytes(welcome.epoch, this.#epoch) && this.#isWhole && welcome.wholeDirectory;
    this.#epoch = welcome.epoch;
    if (!goesOn) return this.reset(welcome);
    this.#target = welcome.directoryVersion;
    return this.#forgetUnconfirmed();
  }

  /** Prepares to be told everything anew. @returns the entries that changed thereby, as {@link apply} does */
  reset({ directoryVersion, wholeDirectory }: Offer): readonly DirectoryEntry[] {
    this.#version = 0;
    this.#target = directoryVersion;
    this.#isWhole = wholeDirectory;
    this.#unconfirmed = new Set(this.#entries.keys());
    return this.#forgetUnconfirmed();
  }

  /**
   * Takes one delta; what is not newer than the view is ignored.
   * @returns the entries that differ from before, as they are now; a name that is gone from the whole directory is told
   * offline once, one that is merely told of no more is not
   */
  apply(delta: Told<'directoryDelta'>): readonly DirectoryEntry[] {
    if (delta.version <= this.#version) return [];
    this.#version = delta.version;
    return [...this.learn(delta.entries), ...this.#forgetUnconfirmed()];
  }

  /** Takes entries as they are now, beside any version. @returns those that differ from before */
  learn(entries: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
    return entries.filter((entry) => this.#put(entry));
  }

  /** A name belongs to a key no more. @returns the entry as it is now, once, as {@link apply} does */
  forget(name: string, key: string): readonly DirectoryEntry[] {
    const entry = this.find(name);
    if (entry?.key !== key) return [];
    this.#entries.delete(entry.name);
    this.#namesByFold.delete(foldName(name));
    this.#unconfirmed.delete(entry.name);
    return [{ ...entry, online: false }];
  }

  /** @returns whether the entry differs from before */
  #put(entry: DirectoryEntry): boolean {
    const { name } = entry;
    const fold = foldName(name);
    const spelt = this.#namesByFold.get(fold);
    // A new boot may have learnt the name in another spelling.
    if (spelt !== undefined && spelt !== name) this.#entries.delete(spelt);
    const old = this.#entries.get(name);
    this.#unconfirmed.delete(name);
    this.#namesByFold.set(fold, name);
    this.#entries.set(name, entry);
    return old === undefined || !isSame(old, entry);
  }

  #forgetUnconfirmed(): readonly DirectoryEntry[] {
    if (!this.isComplete) return [];
    const gone = [...this.#unconfirmed].flatMap((name) => this.#entries.get(name) ?? []);
    this.#unconfirmed = new Set();
    for (const { name } of gone) {
      this.#entries.delete(name);
      if (this.#namesByFold.get(foldName(name)) === name) this.#namesByFold.delete(foldName(name));
    }
    if (!this.#isWhole) return [];
    return gone.filter(({ online }) => online).map((entry) => ({ ...entry, online: false }));
  }
}

function isSame(a: DirectoryEntry, b: DirectoryEntry): boolean {
  return (
    a.key === b.key &&
    a.online === b.online &&
    a.bot === b.bot &&
    a.address.host === b.address.host &&
    a.address.port === b.address.port
  );
}
