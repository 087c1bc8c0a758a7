/** What a plugin keeps. */

/**
 * What the plugin keeps: values under keys, over restarts of the plugin, of the client and of the machine. What was
 * awaited survives the end of the process; a power cut may take the newest. Whoever runs the same plugin in the same data
 * folder shares it; other plugins never see it. Without a data folder it lives as long as the client. Needs `storage`.
 *
 * A key is a text of 1 to 200 characters, a value anything that JSON can carry, of at most 64 KiB as JSON. One plugin has
 * room for 10,000 keys and 4 MiB, and for 6,000 operations a minute, in which writing counts once for every begun 4 KiB.
 * Operations are done in the order in which they were asked for.
 *
 * What cannot be done rejects with an error whose `code` says why: `PERMISSION_DENIED`, `STORAGE_FULL` (a value too large,
 * or no room), `RATE_LIMITED`, `DATA_UNUSABLE`, `DATA_DAMAGED`, `DATA_TOO_NEW` or `STORE_FULL` (the disk). What is no key
 * or no JSON rejects with a `TypeError`.
 */
export interface PluginStorage {
  /** The value under a key, a copy of its own; undefined if there is none. `T` is what the plugin knows to be there. */
  get<T = unknown>(key: string): Promise<T | undefined>;
  /** Keeps a value under a key, in place of another; resolves once it is kept. */
  set(key: string, value: unknown): Promise<void>;
  /** Takes a key away; resolves with whether there was one. */
  delete(key: string): Promise<boolean>;
  /** The keys that begin with `prefix` (default: all), in the order of their code points. */
  list(prefix?: string): Promise<readonly string[]>;
  /**
   * Puts what `change` makes of the present value into its place, and resolves with what is kept then. If somebody else
   * changes the value meanwhile, `change` is called again with theirs, so that no change is lost; after 20 times it
   * rejects with `STORAGE_BUSY`. `undefined` leaves everything as it is. Updates of one key wait for each other: `change`
   * must not wait for another update of the same key.
   */
  update<T = unknown>(
    key: string,
    change: (value: T | undefined) => T | undefined | Promise<T | undefined>,
  ): Promise<T | undefined>;
}
