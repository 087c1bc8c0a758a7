/** How a server is started and ended, what it tells, and the store that its options lead to. */

import type { ServerFact } from '../chat/facts.ts';
import type { HubLimits } from '../chat/limits.ts';
import type { Retention } from '../chat/retention.ts';
import type { Policy } from '../chat/types.ts';
import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import { aNumber, anObject, aPort, aText, checkOptions, type Shape, texts } from '../options.ts';
import type { AdmissionLimits } from '../protocol/admission.ts';
import { EphemeralStore } from '../store/ephemeral-store.ts';
import { SqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';

/** How to serve. */
export interface ServerOptions {
  /** UDP port; 0 for any free one. Default 6666. */
  readonly port?: number;
  /** Address to bind. Default: all, IPv6 and IPv4. */
  readonly host?: string;
  /** Folder in which the server keeps everything that must outlive it (files of mode 0600). Without it that lives as long as the process. */
  readonly dataDir?: string;
  /** What outlives the server, in place of `dataDir`: identity, names, groups, messages. Whoever opened it closes it. */
  readonly store?: Store;
  /** How long messages are kept; owners may have less kept of their groups. Default: as long as there is room. */
  readonly retention?: Retention;
  /** What clients may do. Default: `defaultPolicy`. */
  readonly policy?: Partial<Policy>;
  /**
   * Who runs the server beside those it has stored: keys of 64 hex digits, or names that somebody has claimed already.
   * They may do whatever operators may, and no operator takes that from them. Default: none. At most 64.
   */
  readonly operators?: readonly string[];
  /** Bounds of names, groups, messages and rates. Default: as each field says. */
  readonly limits?: Partial<HubLimits>;
  /** Handshakes and connections that one address, its network and all may begin. Default: as each field says. */
  readonly admission?: Partial<AdmissionLimits>;
  /**
   * A write to the store begins so long after its first change, for others to join it: fewer writes to the disk, and each
   * sender waits longer. Milliseconds, up to 1000. Default 0: at once, and what comes meanwhile is the next one.
   */
  readonly commitWindowMs?: number;
  /** How long `close()` waits for a store that does not answer. Milliseconds, default 10,000; at 0 nothing is waited for. */
  readonly drainMs?: number;
  /** Clock and network; a test brings a simulated one. */
  readonly environment?: Environment;
}

/** Who waits longer for an answer asks again. Milliseconds. */
const commitWindowMsMax = 1000;

/** The longest wait for a store. Milliseconds. */
const drainMsMax = 600_000;

export const serverShape: Shape<ServerOptions> = {
  port: aPort,
  host: aText,
  dataDir: aText,
  store: anObject,
  retention: anObject,
  policy: anObject,
  operators: texts,
  limits: anObject,
  admission: anObject,
  commitWindowMs: aNumber(0, commitWindowMsMax),
  drainMs: aNumber(0, drainMsMax),
  environment: anObject,
};

/** How a server ends. */
export interface CloseOptions {
  /**
   * After how long it will be back, as its clients are told: they look for it no sooner, and spread over a fifth more
   * of this time. Milliseconds, up to 10 minutes. Default: nothing is said, and they try from at once on.
   */
  readonly returnMs?: number;
}

/** Clients look for a server that is gone for longer all the same. Milliseconds. */
const returnMsMax = 600_000;

export const closeShape: Shape<CloseOptions> = { returnMs: aNumber(0, returnMsMax) };

export interface ServerEvents {
  /** Something happened. */
  fact: [fact: ServerFact];
  /** So many changes were stored in one write, which took so long. Milliseconds. */
  stored: [changes: number, tookMs: number];
  /** The store could not read messages that somebody asked for, who was told so or is kept waiting; the server goes on. */
  readFailed: [error: BanterError];
  /** The store has no room for what waits: the server refuses what changes anything, answers the rest and tries again. */
  storeFull: [error: BanterError];
  /** There is room again, and everything that waited is stored. */
  storeRecovered: [];
  /** The files of the store were deleted or replaced: the server goes on, and what it is told from now on ends with it. */
  storeGone: [];
  /** They are where they were. */
  storeFound: [];
  /** The server cannot go on, for instance because its folder cannot be written, and has closed. */
  failed: [error: Error];
}

const bound = aNumber(1, Number.MAX_SAFE_INTEGER);

const retentionShape: Shape<Retention> = {
  ageMs: bound,
  messages: bound,
  bytes: bound,
  bytesTotal: bound,
};

/** @throws BanterError OPTION_INVALID */
export function parseRetention(retention: Retention): Retention {
  checkOptions(retention, retentionShape, 'retention');
  return retention;
}

/** The store of a server with these options. @throws BanterError OPTION_INVALID, DATA_UNUSABLE, DATA_DAMAGED, DATA_TOO_NEW, STORE_FULL */
export async function openStore(options: ServerOptions, { random }: Environment): Promise<Store> {
  const { store, dataDir: folder, limits = {} } = options;
  if (store !== undefined && folder !== undefined) {
    throw new BanterError('OPTION_INVALID', 'a server has a store or a dataDir, not both');
  }
  const newSeed = (): Uint8Array => random(32);
  if (folder !== undefined) return await SqliteStore.open({ folder, newSeed, limits });
  return store ?? new EphemeralStore(newSeed(), limits);
}
