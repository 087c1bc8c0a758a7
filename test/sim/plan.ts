/** What a seed decides about a conversation: how bad the network is, who is where, who says what when, and what goes wrong. */

import type { Faults } from '../../core/net/simulated-faults.ts';
import type { NatFiltering } from '../../core/net/simulated-nat.ts';
import { Random } from '../support/random.ts';
import { type Disturbance, planDisturbances, planQuirks, within } from './plan-disturbances.ts';

/** Instants count from the beginning of the talk; members and boxes by their number. */
export interface Plan {
  readonly seed: number;
  readonly faults: Faults;
  /** Little is lost and nobody is disturbed: every send must succeed. */
  readonly calm: boolean;
  /** The server's patience with silence, and everybody's. */
  readonly silenceMs: number;
  readonly memberCount: number;
  /** The boxes that some members are behind. */
  readonly nats: readonly NatFiltering[];
  /** By member: the box it is behind, if any. */
  readonly behind: readonly (number | undefined)[];
  /** By group: its first members; of these the first creates it. */
  readonly groups: readonly (readonly number[])[];
  /** Datagrams that a paused machine's socket holds. */
  readonly waitingDatagramsMax: number;
  /** How long everybody is quiet before the talk. Milliseconds. */
  readonly quietMs: number;
  /** Whether a server that dies has stored its groups; else it has forgotten them. */
  readonly keeps: boolean;
  /** Messages of a group that the server has in memory. */
  readonly logMessages: number;
  /** How many its store keeps, the newest of each group; undefined for all. */
  readonly storeMessages: number | undefined;
  /** In the order of their instants. */
  readonly disturbances: readonly Disturbance[];
  readonly groupSends: readonly PlannedGroupSend[];
  readonly privateSends: readonly PlannedPrivateSend[];
  readonly moves: readonly PlannedMove[];
  /** Sends to those who are away. */
  readonly mail: readonly PlannedPrivateSend[];
}

interface PlannedGroupSend {
  readonly member: number;
  readonly group: number;
  readonly atMs: number;
  /** How much longer than its beginning the text is. */
  readonly bytes: number;
}

interface PlannedPrivateSend {
  readonly member: number;
  readonly to: number;
  readonly atMs: number;
}

/** Somebody joins or leaves a group; whoever is in or out already is refused. */
export interface PlannedMove {
  readonly type: 'join' | 'leave';
  readonly member: number;
  readonly group: number;
  readonly atMs: number;
}

/** Sends begin within this span. Milliseconds. */
export const talkMs = 5000;

const groupSendsPerMember = 7;
const couples = 3;
const privateSendsPerCouple = 8;
const movesMax = 6;
const mailPerAbsence = 8;

/** With the shorter patience a silence ends a connection; with the longer one an idle connection ends first. */
const shortSilenceMs = 2500;
export const longSilenceMs = 60_000;

/** The same plan for the same seed. */
export function planOf(seed: number): Plan {
  const random = new Random(seed);
  const calm = random.chance(0.2);
  const silenceMs = !calm && random.chance(0.3) ? longSilenceMs : shortSilenceMs;
  const memberCount = 4 + random.below(6);
  const nats = planNats(random.fork(), calm);
  const behind = planPlaces(random.fork(), memberCount, nats.length);
  const groups = planGroups(random.fork(), memberCount);
  const isPatient = silenceMs === longSilenceMs;
  const scope = { calm, isPatient, memberCount, natCount: nats.length };
  const faults = planFaults(random.fork(), calm);
  const quirks = planQuirks(random.fork());
  const disturbances = planDisturbances(random.fork(), scope);
  return {
    seed,
    faults,
    calm,
    silenceMs,
    memberCount,
    nats,
    behind,
    groups,
    ...quirks,
    disturbances,
    groupSends: planGroupSends(random.fork(), groups, memberCount),
    privateSends: planPrivateSends(random.fork(), memberCount),
    moves: planMoves(random.fork(), groups.length, memberCount),
    mail: planMail(random.fork(), disturbances, memberCount),
  };
}

function planFaults(random: Random, calm: boolean): Faults {
  return {
    loss: within(random, 0, calm ? 0.05 : 0.3),
    burstLoss: !calm && random.chance(0.5) ? within(random, 0, 0.02) : 0,
    duplication: within(random, 0, 0.1),
    reordering: within(random, 0, 0.2),
    spikes: !calm && random.chance(0.4) ? within(random, 0, 0.01) : 0,
    delayMs: within(random, 1, 60),
    jitterMs: within(random, 0, 20),
    // Whoever reads, forges and repeats disturbs nothing, not even a calm network.
    forgery: random.chance(0.5) ? within(random, 0, 0.1) : 0,
    replay: random.chance(0.5) ? within(random, 0, 0.1) : 0,
  };
}

function planNats(random: Random, calm: boolean): readonly NatFiltering[] {
  return Array.from({ length: random.below(3) }, () =>
    !calm && random.chance(0.3) ? 'address' : 'none',
  );
}

/** Half of the members are behind boxes where there are any. */
function planPlaces(
  random: Random,
  memberCount: number,
  natCount: number,
): readonly (number | undefined)[] {
  return Array.from({ length: memberCount }, () =>
    natCount > 0 && random.chance(0.5) ? random.below(natCount) : undefined,
  );
}

/** One to three groups of two members or more; everybody is in the first. */
function planGroups(random: Random, memberCount: number): readonly (readonly number[])[] {
  const everybody = Array.from({ length: memberCount }, (_, at) => at);
  return Array.from({ length: 1 + random.below(3) }, (_, group) =>
    everybody.filter((member) => group === 0 || member < 2 || random.chance(0.5)),
  );
}

function planGroupSends(
  random: Random,
  groups: Plan['groups'],
  memberCount: number,
): readonly PlannedGroupSend[] {
  return Array.from({ length: memberCount * groupSendsPerMember }, (_, at) => {
    const member = at % memberCount;
    const own = groups.flatMap((members, group) => (members.includes(member) ? [group] : []));
    const bytes = random.chance(0.05) ? random.below(8000) : random.below(80);
    return { member, group: random.pick(own), atMs: within(random, 0, talkMs), bytes };
  });
}

/** Couples whisper in both directions. */
function planPrivateSends(random: Random, memberCount: number): readonly PlannedPrivateSend[] {
  return Array.from({ length: couples }, () => {
    const member = random.below(memberCount);
    const to = (member + 1 + random.below(memberCount - 1)) % memberCount;
    return Array.from({ length: privateSendsPerCouple }, () => {
      const atMs = within(random, 0, talkMs);
      return random.chance(0.5) ? { member, to, atMs } : { member: to, to: member, atMs };
    });
  }).flat();
}

/** Whoever dies is written to until a while after they are back. */
function planMail(
  random: Random,
  disturbances: readonly Disturbance[],
  memberCount: number,
): readonly PlannedPrivateSend[] {
  return disturbances.flatMap((disturbance) => {
    if (disturbance.type !== 'crash' || disturbance.victim === 'server') return [];
    const { victim: to, fromMs, toMs } = disturbance;
    return Array.from({ length: mailPerAbsence }, () => {
      const member = (to + 1 + random.below(memberCount - 1)) % memberCount;
      return { member, to, atMs: within(random, fromMs, toMs + 500) };
    });
  });
}

function planMoves(
  random: Random,
  groupCount: number,
  memberCount: number,
): readonly PlannedMove[] {
  return Array.from({ length: random.below(movesMax + 1) }, () => ({
    type: random.pick(['join', 'leave'] as const),
    member: random.below(memberCount),
    group: random.below(groupCount),
    atMs: within(random, 0, talkMs),
  }));
}
