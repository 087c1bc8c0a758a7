/** What a server counts, for whoever watches it. */

import type { Census } from '../chat/census.ts';
import type { StoreChange } from '../chat/records.ts';
import type { Traffic } from '../net/driver.ts';

/** Counters of one server: they begin at 0 with it and only grow. */
export interface ServerCounters {
  /** Connections that clients have opened. */
  readonly handshakes: number;
  /** Messages of clients, confirmations too. */
  readonly requests: number;
  /** Messages to groups that were given their place. */
  readonly messages: number;
  /** Messages to groups handed to the connections of members, those that come again after a loss of one included. */
  readonly deliveries: number;
  /** Datagrams of private conversations that were passed on. */
  readonly relayed: number;
  readonly storeWrites: number;
  /** Changes in those writes. */
  readonly storeChanges: number;
  /** Questions to the store that it could not answer. */
  readonly failedReads: number;
  /** Private messages that were kept for who was absent. */
  readonly mails: number;
}

/** Everything that can be told at little cost. The work is done when somebody asks, on the way of no message. */
export interface ServerStats extends ServerCounters, Traffic, Census {
  /** Half-open ones, and those of auxiliary clients, included. */
  readonly connections: number;
  /** Smoothed round-trip times of the connections, the shortest first. Milliseconds. */
  readonly rttsMs: readonly number[];
  /** Changes on their way to the store. */
  readonly unstored: number;
  /** Datagrams and messages that were dropped, by reason. */
  readonly drops: ReadonlyMap<string, number>;
}

/** Why a server does not serve as it should: what `/healthz` tells. */
export type ServerProblem =
  /** It is ending, or has ended. */
  | 'closing'
  /** The store has no room: what changes anything is refused until it has. */
  | 'storeFull'
  /** The store has failed for good. */
  | 'storeFailed'
  /** A write has been under way for longer than any should take. */
  | 'storeSilent'
  /** Its files were deleted or replaced: what it stores is lost with its end, and acknowledged as not durable. */
  | 'storeGone';

/** A write that takes longer is a problem. Milliseconds. */
const storePatienceMs = 5000;

/** What is wrong with a server that serves or does not, and writes so; nothing while all is well. */
export function problemsOf(
  isServing: boolean,
  writer: {
    readonly hasFailed: boolean;
    readonly isStoreFull: boolean;
    readonly writingMs: number;
  },
  watch: { readonly isInPlace: boolean },
): readonly ServerProblem[] {
  const problems: readonly (readonly [ServerProblem, boolean])[] = [
    ['closing', !isServing],
    ['storeFailed', writer.hasFailed],
    ['storeFull', writer.isStoreFull],
    ['storeSilent', writer.writingMs > storePatienceMs],
    ['storeGone', !watch.isInPlace],
  ];
  return problems.filter(([, isSo]) => isSo).map(([problem]) => problem);
}

/** {@link ServerCounters} as they grow, and what else is counted and told under other names. */
export class Tally implements ServerCounters {
  handshakes = 0;
  requests = 0;
  messages = 0;
  deliveries = 0;
  relayed = 0;
  storeWrites = 0;
  storeChanges = 0;
  failedReads = 0;
  mails = 0;
  undecodable = 0;
  unrelayed = 0;

  get counters(): ServerCounters {
    const { undecodable: _, unrelayed: __, ...counters } = this;
    return counters;
  }

  /** Counts a change that is to be stored. */
  countChange(type: StoreChange['type']): void {
    if (type === 'messageAppended') this.messages++;
    else if (type === 'envelopeStored') this.mails++;
  }

  /** What a socket has dropped, and what was dropped behind it. */
  dropsWith(drops: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const { undecodable, unrelayed } = this;
    return new Map([...drops, ['undecodable', undecodable], ['unrelayed', unrelayed]]);
  }
}
