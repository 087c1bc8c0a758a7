/** A small model of what the chat promises: reads the history of one simulated network and names every broken promise. */

import { gapViolations, isGone } from './gap-checker.ts';
import {
  type GroupSend,
  type HeardMessage,
  type History,
  label,
  type PrivateSend,
  type Stay,
} from './history.ts';
import { restViolations } from './rest-checker.ts';
import type { Violation } from './violation.ts';

/** What a send may fail with on a bad network. */
const honestCodes: ReadonlySet<string> = new Set([
  'OUTCOME_UNKNOWN',
  'CONNECTION_LOST',
  'PEER_UNREACHABLE',
]);

/** What a send to a group may also fail with while its sender may not be a member. */
const outsiderCodes: ReadonlySet<string> = new Set(['NOT_MEMBER', 'REMOVED_FROM_GROUP']);

/** Every broken promise of a history that has come to rest. */
export function violationsIn(history: History): readonly Violation[] {
  const log = logsOf(history);
  return [
    ...unsettled(history),
    ...disturbed(history),
    ...log.violations,
    ...incomplete(history, log.texts),
    ...gapViolations(history, log.texts),
    ...holes(history, log.texts),
    ...outOfOrder(history),
    ...privateViolations(history),
    ...restViolations(history),
  ];
}

interface Logs {
  /** By log and number, as the members and the receipts tell. */
  readonly texts: ReadonlyMap<string, ReadonlyMap<number, string>>;
  readonly violations: readonly Violation[];
}

/** Puts each log together from all that anybody was told, which must agree. */
function logsOf({ processes, groupSends }: History): Logs {
  const texts = new Map<string, Map<number, string>>();
  const places = new Map<string, string>();
  const violations: Violation[] = [];
  const sends = new Map(groupSends.map((send) => [send.text, send]));
  const note = (logId: string, seq: number, text: string, teller: string): void => {
    const log = texts.get(logId) ?? new Map<number, string>();
    texts.set(logId, log);
    const other = log.get(seq) ?? text;
    if (other !== text) {
      const detail = `${teller} was told ${label(text)} as ${seq}, others ${label(other)}`;
      violations.push({ promise: 'one order', detail });
    }
    const place = `${logId} ${seq}`;
    if ((places.get(text) ?? place) !== place) {
      const detail = `${label(text)} stands at ${places.get(text)} and at ${place}`;
      violations.push({ promise: 'exactly once', detail });
    }
    log.set(seq, text);
    places.set(text, place);
  };
  for (const { member, groupMessages } of processes) {
    for (const { logId, seq, text, from, group } of groupMessages) {
      note(logId, seq, text, member);
      const send = sends.get(text);
      if (send?.by.member === from && send.group === group && from !== member) continue;
      const detail = `${member} got ${label(text)} from ${from} in ${group}`;
      violations.push({ promise: 'nothing invented', detail });
    }
  }
  for (const { by, text, outcome } of groupSends) {
    if (outcome?.type !== 'acknowledged') continue;
    note(outcome.receipt.logId, outcome.receipt.seq, text, by.member);
  }
  return { texts, violations };
}

function unsettled({ groupSends, privateSends, stays, calm }: History): readonly Violation[] {
  const sends = [...groupSends, ...privateSends];
  return sends.flatMap((send): readonly Violation[] => {
    const { by, text, outcome } = send;
    if (outcome === undefined) {
      return by.crashed ? [] : [{ promise: 'settled', detail: `${label(text)} is still open` }];
    }
    if (outcome.type === 'acknowledged') return [];
    if ('group' in send && outsiderCodes.has(outcome.code) && mayBeOutside(send, stays)) return [];
    if (!honestCodes.has(outcome.code)) {
      return [{ promise: 'honest failure', detail: `${label(text)}: ${outcome.code}` }];
    }
    if (!calm) return [];
    return [{ promise: 'undisturbed when calm', detail: `${label(text)}: ${outcome.code}` }];
  });
}

/** Whether a sender was not surely a member from the call of its send to the end of it. */
function mayBeOutside(
  { by, group, calledAt, settledAt }: GroupSend,
  stays: readonly Stay[],
): boolean {
  return !stays.some(
    (stay) =>
      stay.member === by.member &&
      stay.group === group &&
      stay.beganAt <= calledAt &&
      (stay.endedAt ?? Number.POSITIVE_INFINITY) >= (settledAt ?? 0),
  );
}

function disturbed({ processes, calm }: History): readonly Violation[] {
  return processes.flatMap(({ member, losses }): readonly Violation[] => {
    if (!calm || losses.length === 0) return [];
    return [{ promise: 'undisturbed when calm', detail: `${member} lost the server` }];
  });
}

/**
 * Whoever was a member from the call of a send to its receipt has had the message, over all its processes; if it left
 * later, or was told that its group is lost, at least when it had a later one of the same log before.
 */
function incomplete(history: History, texts: Logs['texts']): readonly Violation[] {
  const { stays, groupSends, processes } = history;
  const heard = new Map<string, HeardMessage[]>();
  for (const { member, groupMessages } of processes) {
    heard.set(member, [...(heard.get(member) ?? []), ...groupMessages]);
  }
  return stays.flatMap((stay) => {
    const had = heard.get(stay.member) ?? [];
    const heardTexts = new Set(had.map(({ text }) => text));
    const isGoneFor = (send: GroupSend): boolean =>
      send.outcome?.type === 'acknowledged' &&
      isGone(send.outcome, stay.member, send, history, texts);
    const missing = groupSends.filter(
      (send) => !heardTexts.has(send.text) && isDue(send, stay, had) && !isGoneFor(send),
    );
    return missing.map(({ text }): Violation => {
      return { promise: 'nothing lost', detail: `${stay.member} never got ${label(text)}` };
    });
  });
}

function isDue(send: GroupSend, stay: Stay, had: readonly HeardMessage[]): boolean {
  const { by, group, calledAt, settledAt, outcome } = send;
  const { member, beganAt, endedAt } = stay;
  if (group !== stay.group || by.member === member || outcome?.type !== 'acknowledged')
    return false;
  if (calledAt < beganAt) return false;
  if (endedAt === undefined) return true;
  const { logId, seq } = outcome.receipt;
  return (
    (settledAt ?? endedAt) < endedAt &&
    had.some((later) => later.logId === logId && later.seq > seq && later.heardAt < endedAt)
  );
}

/** A number that nobody has had belongs to a send whose sender does not know its place. */
function holes({ groupSends, serverCrashes }: History, texts: Logs['texts']): readonly Violation[] {
  const told = new Set([...texts.values()].flatMap((log) => [...log.values()]));
  const unknown = groupSends.filter(
    ({ text, outcome }) => outcome?.type !== 'acknowledged' && !told.has(text),
  );
  const missing = [...texts.values()].reduce(
    (sum, log) => sum + Math.max(0, ...log.keys()) - log.size,
    0,
  );
  if (missing <= unknown.length) return [];
  const detail = `${missing} numbers that nobody has had, ${unknown.length} sends of unknown outcome, ${serverCrashes.length} crashes`;
  return [{ promise: 'nothing lost', detail }];
}

/** No process is told a number twice or one below another, and a process's messages stand in the order of its calls. */
function outOfOrder({ processes, groupSends }: History): readonly Violation[] {
  const violations: Violation[] = [];
  for (const process of processes) {
    const { member, groupMessages } = process;
    const heard = new Map<string, number[]>();
    for (const { seq, logId, text } of groupMessages) {
      const seqs = heard.get(logId) ?? [];
      heard.set(logId, seqs);
      const previous = seqs.at(-1) ?? 0;
      if (seq <= previous) {
        const promise = seqs.includes(seq) ? 'exactly once' : 'one order';
        violations.push({ promise, detail: `${member} got ${label(text)} after ${previous}` });
      }
      seqs.push(seq);
    }
    violations.push(...unorderedSends(groupSends.filter(({ by }) => by === process)));
  }
  return violations;
}

function unorderedSends(sends: readonly GroupSend[]): readonly Violation[] {
  const violations: Violation[] = [];
  const newest = new Map<string, number>();
  for (const { by, text, outcome } of sends) {
    if (outcome?.type !== 'acknowledged') continue;
    const { logId, seq } = outcome.receipt;
    const previous = newest.get(logId) ?? 0;
    newest.set(logId, Math.max(seq, previous));
    if (seq > previous) continue;
    const detail = `${by.member} has sent ${label(text)} as ${seq} after ${previous}`;
    violations.push({ promise: 'one order', detail });
  }
  return violations;
}

/**
 * A process shows a message once; what the server had kept is shown once by all processes of a member together. What goes
 * directly comes in the order of the calls of its sender's process, what was kept whenever its recipient is back.
 */
function privateViolations(history: History): readonly Violation[] {
  const { processes, privateSends } = history;
  const violations: Violation[] = [];
  const sends = new Map(privateSends.map((send, at) => [send.text, { ...send, at }]));
  const arrived = new Set<string>();
  const shownKept = new Set<string>();
  for (const { member, privateMessages } of processes) {
    const newest = new Map<unknown, number>();
    const had = new Set<string>();
    for (const { from, text, kept } of privateMessages) {
      const send = sends.get(text);
      if (send === undefined || send.by.member !== from || send.to !== member) {
        const detail = `${member} got ${label(text)} from ${from}`;
        violations.push({ promise: 'nothing invented', detail });
        continue;
      }
      arrived.add(text);
      const detail = `${member} got ${label(text)} again or late`;
      if (had.has(text) || (kept && shownKept.has(text))) {
        violations.push({ promise: 'exactly once', detail });
      } else if (!kept && send.at < (newest.get(send.by) ?? -1)) {
        violations.push({ promise: 'one order', detail });
      }
      had.add(text);
      if (kept) shownKept.add(text);
      else newest.set(send.by, Math.max(send.at, newest.get(send.by) ?? -1));
    }
  }
  for (const send of privateSends) {
    if (!isPromised(send, history) || arrived.has(send.text)) continue;
    const detail = `${send.to} never got ${label(send.text)}`;
    violations.push({ promise: 'nothing lost', detail });
  }
  return violations;
}

/** What a server keeps in memory alone ends with it, and it has said so. */
function isPromised({ outcome }: PrivateSend, { serverCrashes }: History): boolean {
  if (outcome?.type !== 'acknowledged') return false;
  const { receipt } = outcome;
  return receipt.type === 'delivered' || receipt.durable || serverCrashes.length === 0;
}
