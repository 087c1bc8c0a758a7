/** A client's view of the directory, from the deltas of the server. */

import { equalBytes, toHex } from '../protocol/bytes.ts';
import { foldName } from './names.ts';
import type { DirectoryEntry } from './types.ts';
import type { ServerMessage, WireEntry } from './wire.ts';

/** What of a welcome a mirror needs. */
type Welcome = Pick<
  Extract<ServerMessage, { readonly type: 'welcome' }>,
  'epoch' | 'directoryVersion'
>;

type Delta = Extract<ServerMessage, { readonly type: 'directoryDelta' }>;

/**
 * Keeps the names of one server through all its connections and boots; bounded by the server's own bound of names.
 * After a boot the old view stays until the new one is complete, so that private messages go on meanwhile.
 */
export class Mirror {
  readonly #entries = new Map<string, DirectoryEntry>();
  readonly #namesByFold = new Map<string, string>();
  /** Names of an earlier boot that this one has not told of yet. */
  #unconfirmed = new Set<string>();
  #epoch: Uint8Array = new Uint8Array(8);
  #version = 0;
  #target = 0;

  /** The boot of the server that {@link version} counts in, for the next registration. */
  get epoch(): Uint8Array {
    return this.#epoch;
  }

  /** How far the directory is known, for the next registration. */
  get version(): number {
    return this.#version;
  }

  /** Whether everything that was so at the last welcome has come. */
  get isComplete(): boolean {
    return this.#version >= this.#target;
  }

  /** Every name by its spelling, in the order in which they became known. */
  get entries(): ReadonlyMap<string, DirectoryEntry> {
    return this.#entries;
  }

  /** The entry of a name in whatever case it is spelt. */
  find(name: string): DirectoryEntry | undefined {
    const spelt = this.#namesByFold.get(foldName(name));
    return spelt === undefined ? undefined : this.#entries.get(spelt);
  }

  /** Prepares for the deltas after a welcome. @returns the entries that changed thereby, as {@link apply} does */
  begin(welcome: Welcome): readonly DirectoryEntry[] {
    if (!equalBytes(welcome.epoch, this.#epoch)) {
      this.#epoch = welcome.epoch;
      this.#version = 0;
      this.#unconfirmed = new Set(this.#entries.keys());
    }
    this.#target = welcome.directoryVersion;
    return this.#forgetUnconfirmed();
  }

  /**
   * Takes one delta; what is not newer than the view is ignored.
   * @returns the entries that differ from before, as they are now; a name that a new boot does not know is told offline once
   */
  apply(delta: Delta): readonly DirectoryEntry[] {
    if (delta.version <= this.#version) return [];
    this.#version = delta.version;
    const changed = delta.entries.flatMap((entry) => this.#put(fromWire(entry)));
    return [...changed, ...this.#forgetUnconfirmed()];
  }

  #put(entry: DirectoryEntry): readonly DirectoryEntry[] {
    const { name } = entry;
    const fold = foldName(name);
    const spelt = this.#namesByFold.get(fold);
    // A new boot may have learnt the name in another spelling.
    if (spelt !== undefined && spelt !== name) this.#entries.delete(spelt);
    const old = this.#entries.get(name);
    this.#unconfirmed.delete(name);
    this.#namesByFold.set(fold, name);
    this.#entries.set(name, entry);
    return old !== undefined && isSame(old, entry) ? [] : [entry];
  }

  #forgetUnconfirmed(): readonly DirectoryEntry[] {
    if (!this.isComplete) return [];
    const gone = [...this.#unconfirmed].flatMap((name) => this.#entries.get(name) ?? []);
    this.#unconfirmed = new Set();
    for (const { name } of gone) {
      this.#entries.delete(name);
      if (this.#namesByFold.get(foldName(name)) === name) this.#namesByFold.delete(foldName(name));
    }
    return gone.filter(({ online }) => online).map((entry) => ({ ...entry, online: false }));
  }
}

function fromWire({ name, key, host, port, online, bot }: WireEntry): DirectoryEntry {
  return { name, key: toHex(key), address: { host, port }, online, bot };
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
