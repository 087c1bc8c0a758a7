/** What a seed decides about machines and boxes: who is cut off, paused, killed, moved to another port, and when. */

import type { Random } from '../support/random.ts';

/** A member by its number, or the server. */
export type Victim = number | 'server';

/** Something that goes wrong at `fromMs` and, where it has an end, is over at `toMs`. */
export type Disturbance = { readonly fromMs: number } & (
  | {
      readonly type: 'blackhole';
      readonly victim: Victim;
      /** What is swallowed: what comes to the victim, what it sends, or both. */
      readonly way: 'in' | 'out' | 'both';
      readonly toMs: number;
    }
  | {
      /** A process dies; the next one starts at `toMs`. */
      readonly type: 'crash';
      readonly victim: Victim;
      readonly toMs: number;
      /** It dies instead of sending the datagram after so many. */
      readonly afterSends: number;
    }
  | {
      readonly type: 'pause';
      readonly victim: Victim;
      readonly clock: 'runs' | 'stands';
      readonly toMs: number;
    }
  | { readonly type: 'jump'; readonly victim: Victim; readonly byMs: number }
  /** A box forgets its mappings, and its address where `moves`. */
  | { readonly type: 'rebind'; readonly nat: number; readonly moves: boolean }
  /** Longer datagrams vanish. */
  | { readonly type: 'narrow'; readonly mtuBytes: number; readonly toMs: number }
);

export interface DisturbanceScope {
  readonly calm: boolean;
  /** Whether a silence takes longer than an idle connection lasts. */
  readonly isPatient: boolean;
  readonly memberCount: number;
  readonly natCount: number;
}

/** What goes wrong when is drawn for every kind, so that one kind's probability does not move another's instants. */
export function planDisturbances(random: Random, scope: DisturbanceScope): readonly Disturbance[] {
  const { calm, natCount } = scope;
  const chances: readonly (readonly [probability: number, disturbance: Disturbance])[] = [
    [0.4, planBlackhole(random.fork(), scope)],
    [0.3, planCrash(random.fork(), random.below(scope.memberCount))],
    [0.3, planCrash(random.fork(), 'server')],
    [0.3, planPause(random.fork(), scope)],
    [0.3, planPause(random.fork(), scope)],
    [0.3, planJump(random.fork(), scope)],
    [natCount > 0 ? 0.7 : 0, planRebind(random.fork(), natCount)],
    [natCount > 0 ? 0.3 : 0, planRebind(random.fork(), natCount)],
    [0.25, planNarrow(random.fork())],
  ];
  return chances
    .flatMap(([probability, disturbance]) => (random.chance(probability) ? [disturbance] : []))
    .filter(() => !calm)
    .toSorted((a, b) => a.fromMs - b.fromMs);
}

/** What is not wrong but differs. */
export function planQuirks(random: Random): {
  readonly waitingDatagramsMax: number;
  readonly quietMs: number;
  readonly keeps: boolean;
  readonly logMessages: number;
  readonly storeMessages: number | undefined;
} {
  const waitingDatagramsMax = random.chance(0.3) ? 8 : 4096;
  // Connections change their keys when they are two minutes old: in the middle of the talk.
  const quietMs = random.chance(0.3) ? within(random, 116_000, 119_000) : 0;
  const keeps = random.chance(0.6);
  // Fewer in memory than are said while somebody is away, or reads slowly.
  const logMessages = random.chance(0.5) ? 1 + random.below(6) : 4096;
  const storeMessages = random.chance(0.3) ? logMessages + random.below(10) : undefined;
  const isForgetful = keeps && logMessages < 4096;
  return {
    waitingDatagramsMax,
    quietMs,
    keeps,
    logMessages,
    storeMessages: isForgetful ? storeMessages : undefined,
  };
}

/** Between `from` and `to`. */
export function within(random: Random, from: number, to: number): number {
  return from + random.float() * (to - from);
}

/** Often about as long as the patience of those who wait, where the two sides come to differ. */
function planBlackhole(random: Random, { isPatient, memberCount }: DisturbanceScope): Disturbance {
  const victim = random.chance(0.2) ? 'server' : random.below(memberCount);
  const fromMs = within(random, 500, 4000);
  const way = random.pick(['in', 'out', 'both'] as const);
  const isClose = random.chance(0.5);
  const shortMs = isClose ? within(random, 2000, 3500) : within(random, 1000, 10_000);
  const lastsMs = isPatient ? within(random, 44_000, 58_000) : shortMs;
  return { type: 'blackhole', victim, way, fromMs, toMs: fromMs + lastsMs };
}

function planCrash(random: Random, victim: Victim): Disturbance {
  const fromMs = within(random, 500, 4000);
  const afterSends = random.chance(0.5) ? 0 : random.below(20);
  // Some stay away until everybody knows that they are.
  const longestMs = victim !== 'server' && random.chance(0.4) ? 15_000 : 3000;
  return {
    type: 'crash',
    victim,
    fromMs,
    toMs: fromMs + within(random, 10, longestMs),
    afterSends,
  };
}

function planPause(random: Random, { memberCount }: DisturbanceScope): Disturbance {
  const victim = random.chance(0.3) ? 'server' : random.below(memberCount);
  const fromMs = within(random, 0, 4000);
  const lastsMs = random.chance(0.7) ? within(random, 50, 1500) : within(random, 1500, 20_000);
  const clock = random.pick(['runs', 'stands'] as const);
  return { type: 'pause', victim, fromMs, toMs: fromMs + lastsMs, clock };
}

/** By minutes, hours or years, forth and back. */
function planJump(random: Random, { memberCount }: DisturbanceScope): Disturbance {
  const victim = random.chance(0.5) ? 'server' : random.below(memberCount);
  const byMs = random.pick([-1, 1]) * 10 ** within(random, 4, 12);
  return { type: 'jump', victim, fromMs: within(random, 0, 4000), byMs };
}

function planRebind(random: Random, natCount: number): Disturbance {
  const nat = random.below(Math.max(1, natCount));
  return { type: 'rebind', nat, fromMs: within(random, 200, 5000), moves: random.chance(0.5) };
}

function planNarrow(random: Random): Disturbance {
  const fromMs = within(random, 0, 4000);
  const mtuBytes = Math.floor(within(random, 300, 1199));
  return { type: 'narrow', fromMs, toMs: fromMs + within(random, 500, 4000), mtuBytes };
}
