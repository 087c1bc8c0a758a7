/** Members that have fallen behind the log in memory: they read on from the store, a page at a time, until they reach it. */

import { Fifo } from './fifo.ts';
import type { LogRead } from './group-log.ts';
import type { HubLimits } from './limits.ts';
import { foldName } from './names.ts';
import type { FoundMessages, Queries } from './queries.ts';
import type { Membership } from './sessions.ts';
import { serverCodec } from './wire.ts';

type LogEntry = Extract<LogRead, { type: 'entry' }>;

/** How far a member has come that reads from the store. */
export interface Reading {
  /** Whether the next page is to be asked for, is awaited, or is here. */
  state: 'due' | 'awaited' | 'here';
  /** What is left of the page. */
  readonly page: Fifo<LogEntry>;
  /** The memory that the page took. */
  bytes: number;
  /** The store has nothing up to here but what the page holds. */
  goneSeq: number;
  /** How many messages the next page is to have. */
  limit: number;
  /** How often in a row the store could not read the page. */
  failures: number;
}

/** Messages of a page. */
export const pageMessages: number = 64;

/** Bytes of a page, which ends with the message that reaches them. */
export const pageBytes: number = 256 * 1024;

/** What a message takes beside its payload, roughly. Bytes. */
const entryBytes = 128;

/** A page that the store could not read is asked for again after this long. Milliseconds. */
export const retryMs: number = 1000;

/** After so many failures the member is told of a gap: it is in the group for what is said now. */
export const failuresMax: number = 30;

export interface CatchUpParts {
  readonly limits: HubLimits;
  readonly queries: Queries;
  /** There is something to read for a membership again. */
  readonly offer: (membership: Membership) => void;
}

/**
 * A page is asked for when the member's connection has room for its first message, and the next one when it was handed
 * over wholly: so a connection's congestion control paces what is read for it. Members wait in turn for one of a few
 * reads at a time; at the bound of memory the page that has waited longest to be handed over is let go of.
 */
export class CatchUp {
  readonly #parts: CatchUpParts;
  /** Who waits for a read to begin, in turn. */
  readonly #waiting = new Set<Membership>();
  /** Whose page could not be read, and when it is asked for again, in this order. */
  readonly #failed = new Map<Membership, number>();
  /** Whose pages are here, the oldest first. */
  readonly #holders = new Set<Membership>();
  #bytes = 0;
  #reads = 0;

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  /** What a member meets next: in the log in memory, else in the store; undefined if there is nothing for now. */
  read(membership: Membership): LogRead | undefined {
    const { group, readSeq } = membership;
    const met = group.log.read(readSeq);
    if (met?.type !== 'gap') {
      if (membership.reading !== undefined) this.stop(membership);
      return met;
    }
    membership.reading ??= newReading();
    const { reading } = membership;
    const entry = reading.page.first;
    if (entry === undefined && reading.goneSeq <= readSeq) {
      if (reading.state === 'here') this.#letGo(membership, reading);
      if (reading.state === 'due') this.#await(membership, reading);
      return undefined;
    }
    // What retention has taken from the store may still be in memory.
    const nextSeq = Math.min(entry?.seq ?? reading.goneSeq + 1, met.fromSeq);
    if (entry === undefined || nextSeq > readSeq + 1) {
      return { type: 'gap', count: nextSeq - readSeq - 1, fromSeq: nextSeq };
    }
    return reading.page.take();
  }

  /** Whether a member waits for a page: until it comes there is nothing to read. */
  isAwaited({ reading }: Membership): boolean {
    return reading?.state === 'awaited';
  }

  /** The member is not there any more, or has caught up. */
  stop(membership: Membership): void {
    const { reading } = membership;
    if (reading === undefined) return;
    this.#letGo(membership, reading);
    this.#waiting.delete(membership);
    this.#failed.delete(membership);
    membership.reading = undefined;
  }

  /** Memory that pages take. Bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  handleTimeout(now: number): void {
    for (const [membership, dueAt] of this.#failed) {
      if (dueAt > now) break;
      this.#failed.delete(membership);
      this.#waiting.add(membership);
    }
    this.#start();
  }

  pollTimeout(): number | undefined {
    const [dueAt] = this.#failed.values();
    return dueAt;
  }

  #await(membership: Membership, reading: Reading): void {
    reading.state = 'awaited';
    this.#waiting.add(membership);
    this.#start();
  }

  #start(): void {
    for (const membership of this.#waiting) {
      if (this.#reads >= this.#parts.limits.readsAtOnce) return;
      this.#waiting.delete(membership);
      if (membership.reading !== undefined) this.#ask(membership, membership.reading);
    }
  }

  #ask(membership: Membership, reading: Reading): void {
    const { group, readSeq: afterSeq } = membership;
    // What came later than the question may be missing from the answer without being gone.
    const askedSeq = group.log.releasedSeq;
    const query = { type: 'read', group: group.name, afterSeq, limit: reading.limit } as const;
    this.#reads++;
    this.#parts.queries.ask(query, (found, now) => {
      this.#reads--;
      // Else it has left, gone or come back meanwhile.
      if (membership.reading === reading) this.#take(membership, reading, found, askedSeq, now);
      this.#start();
    });
  }

  #take(
    membership: Membership,
    reading: Reading,
    found: FoundMessages,
    askedSeq: number,
    now: number,
  ): void {
    if (found === undefined && ++reading.failures < failuresMax) {
      this.#failed.set(membership, now + retryMs);
      return;
    }
    reading.failures = 0;
    reading.state = 'here';
    fill(reading, found ?? []);
    reading.goneSeq = reading.page.length === 0 ? askedSeq : 0;
    this.#bytes += reading.bytes;
    this.#holders.add(membership);
    for (const holder of this.#holders) {
      if (this.#bytes <= this.#parts.limits.pageBytesTotal || holder === membership) break;
      this.stop(holder);
    }
    this.#parts.offer(membership);
  }

  #letGo(membership: Membership, reading: Reading): void {
    reading.state = 'due';
    this.#bytes -= reading.bytes;
    reading.bytes = 0;
    this.#holders.delete(membership);
  }
}

function newReading(): Reading {
  return {
    state: 'due',
    page: new Fifo(),
    bytes: 0,
    goneSeq: 0,
    limit: pageMessages,
    failures: 0,
  };
}

/** Long messages are read again if they do not fit the page; the next one is as short as this one has turned out. */
function fill(reading: Reading, found: NonNullable<FoundMessages>): void {
  for (const message of found) {
    if (reading.bytes >= pageBytes) break;
    const payload = serverCodec.encode({ type: 'groupMessage', ...message });
    const { seq } = message;
    reading.page.push({ type: 'entry', seq, from: foldName(message.from), payload });
    reading.bytes += payload.length + entryBytes;
  }
  const isCut = reading.page.length < found.length;
  reading.limit = isCut ? reading.page.length : Math.min(pageMessages, 2 * reading.limit);
}
