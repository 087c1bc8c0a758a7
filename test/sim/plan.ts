/** What a seed decides about a conversation: how bad the network is, who says what when, and who is cut off or dies. */

import type { Faults } from '../../core/net/simulated-path.ts';
import { Random } from '../support/random.ts';

/** Instants count from the beginning of the talk; members by their number. */
export interface Plan {
  readonly seed: number;
  readonly faults: Faults;
  /** Little is lost and nobody is disturbed: every send must succeed. */
  readonly calm: boolean;
  /** The server's patience with silence, and everybody's. */
  readonly silenceMs: number;
  /** Who is cut off; undefined in a seed without. */
  readonly blackhole: Blackhole | undefined;
  /** Whose process dies, and when the next one starts. */
  readonly crash: Crash | undefined;
  readonly groupSends: readonly PlannedGroupSend[];
  readonly privateSends: readonly PlannedPrivateSend[];
}

export interface Blackhole {
  readonly member: number;
  /** What is swallowed: what comes to the member, what it sends, or both. */
  readonly way: 'in' | 'out' | 'both';
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Crash {
  readonly member: number;
  readonly atMs: number;
  readonly backMs: number;
}

export interface PlannedGroupSend {
  readonly member: number;
  readonly atMs: number;
  readonly bytes: number;
}

export interface PlannedPrivateSend {
  readonly member: number;
  readonly to: number;
  readonly atMs: number;
}

export const memberCount = 10;

/** Sends begin within this span. Milliseconds. */
export const talkMs = 5000;

const groupSendsPerMember = 8;
const couples = 3;
const privateSendsPerCouple = 16;

/** With the shorter patience a silence ends a connection; with the longer one an idle connection ends first. */
const shortSilenceMs = 2500;
const longSilenceMs = 60_000;

/** The same plan for the same seed. */
export function planOf(seed: number): Plan {
  const random = new Random(seed);
  const calm = random.chance(0.2);
  const silenceMs = !calm && random.chance(0.3) ? longSilenceMs : shortSilenceMs;
  const blackhole = planBlackhole(random, silenceMs);
  const crash = planCrash(random);
  return {
    seed,
    faults: planFaults(random, calm),
    calm,
    silenceMs,
    blackhole: !calm && random.chance(0.6) ? blackhole : undefined,
    crash: !calm && random.chance(0.35) ? crash : undefined,
    groupSends: Array.from({ length: memberCount * groupSendsPerMember }, (_, at) => ({
      member: at % memberCount,
      atMs: within(random, 0, talkMs),
      bytes: random.chance(0.05) ? random.below(8000) : random.below(80),
    })),
    privateSends: planPrivateSends(random, blackhole.member),
  };
}

function planFaults(random: Random, calm: boolean): Faults {
  return {
    loss: within(random, 0, calm ? 0.05 : 0.3),
    burstLoss: !calm && random.chance(0.5) ? within(random, 0, 0.02) : 0,
    duplication: within(random, 0, 0.1),
    reordering: within(random, 0, 0.2),
    delayMs: within(random, 1, 60),
    jitterMs: within(random, 0, 20),
  };
}

/** Often about as long as the patience of those who wait, where the two sides come to differ. */
function planBlackhole(random: Random, silenceMs: number): Blackhole {
  const member = random.below(memberCount);
  const fromMs = within(random, 500, 4000);
  const way = random.pick(['in', 'out', 'both'] as const);
  const isClose = random.chance(0.5);
  if (silenceMs === longSilenceMs) {
    return { member, way, fromMs, toMs: fromMs + within(random, 44_000, 58_000) };
  }
  const lastsMs = isClose ? within(random, 2000, 3500) : within(random, 1000, 10_000);
  return { member, way, fromMs, toMs: fromMs + lastsMs };
}

function planCrash(random: Random): Crash {
  const atMs = within(random, 500, 4000);
  return { member: random.below(memberCount), atMs, backMs: atMs + within(random, 10, 3000) };
}

/** Couples whisper in both directions; one of the first couple is who may be cut off. */
function planPrivateSends(random: Random, first: number): readonly PlannedPrivateSend[] {
  return Array.from({ length: couples }, (_, at) => {
    const member = at === 0 ? first : random.below(memberCount);
    const to = (member + 1 + random.below(memberCount - 1)) % memberCount;
    return Array.from({ length: privateSendsPerCouple }, () => {
      const atMs = within(random, 0, talkMs);
      return random.chance(0.5) ? { member, to, atMs } : { member: to, to: member, atMs };
    });
  }).flat();
}

function within(random: Random, from: number, to: number): number {
  return from + random.float() * (to - from);
}
