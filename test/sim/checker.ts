/** A small model of what the chat promises: reads the history of one simulated network and names every broken promise. */

import type { Committed, GroupMessage, PrivateMessage } from '../../core/index.ts';

/** What became of a send; undefined while nobody knows. */
export type Outcome<Receipt> =
  | { readonly type: 'acknowledged'; readonly receipt: Receipt }
  | { readonly type: 'failed'; readonly code: string }
  | undefined;

/** One process of a member; a member that crashed has another one. */
export interface ProcessHistory {
  readonly member: string;
  /** Nothing more is heard of it, and what it had under way stays open. */
  crashed: boolean;
  readonly groupMessages: GroupMessage[];
  readonly privateMessages: PrivateMessage[];
  readonly gaps: (number | undefined)[];
  /** When it lost the server. */
  readonly losses: number[];
}

export interface GroupSend {
  readonly by: ProcessHistory;
  /** Unique. */
  readonly text: string;
  outcome: Outcome<Pick<Committed, 'seq'>>;
}

export interface PrivateSend {
  readonly by: ProcessHistory;
  readonly to: string;
  /** Unique. */
  readonly text: string;
  outcome: Outcome<unknown>;
}

/** All members were in the one group before the first send, and left it never; sends stand in the order of their calls. */
export interface History {
  readonly processes: readonly ProcessHistory[];
  readonly groupSends: readonly GroupSend[];
  readonly privateSends: readonly PrivateSend[];
  /** Nothing disturbed the network: no send had a reason to fail and nobody one to lose the server. */
  readonly calm: boolean;
}

/** A broken promise: which one, and how. */
export interface Violation {
  readonly promise:
    | 'settled'
    | 'undisturbed when calm'
    | 'honest failure'
    | 'one order'
    | 'exactly once'
    | 'nothing lost'
    | 'nothing invented'
    | 'no gap'
    | 'nothing thrown';
  readonly detail: string;
}

/** What a send may fail with on a bad network. */
const honestCodes: ReadonlySet<string> = new Set([
  'OUTCOME_UNKNOWN',
  'CONNECTION_LOST',
  'PEER_UNREACHABLE',
]);

/** Every broken promise of a history that has come to rest. */
export function violationsIn(history: History): readonly Violation[] {
  const log = logOf(history);
  return [
    ...unsettled(history),
    ...disturbed(history),
    ...log.violations,
    ...incomplete(history, log.texts),
    ...outOfOrder(history),
    ...privateViolations(history),
  ];
}

interface Log {
  /** By number, as the members and the receipts tell. */
  readonly texts: ReadonlyMap<number, string>;
  readonly violations: readonly Violation[];
}

/** Puts the group's one log together from all that anybody was told, which must agree. */
function logOf({ processes, groupSends }: History): Log {
  const texts = new Map<number, string>();
  const seqs = new Map<string, number>();
  const violations: Violation[] = [];
  const senders = new Map(groupSends.map(({ text, by }) => [text, by.member]));
  const note = (seq: number, text: string, teller: string): void => {
    const other = texts.get(seq) ?? text;
    if (other !== text) {
      const detail = `${teller} was told ${label(text)} as ${seq}, others ${label(other)}`;
      violations.push({ promise: 'one order', detail });
    }
    if ((seqs.get(text) ?? seq) !== seq) {
      const detail = `${label(text)} stands at ${seqs.get(text)} and at ${seq}`;
      violations.push({ promise: 'exactly once', detail });
    }
    texts.set(seq, text);
    seqs.set(text, seq);
  };
  for (const { member, groupMessages } of processes) {
    for (const { seq, text, from } of groupMessages) {
      note(seq, text, member);
      if (senders.get(text) === from && from !== member) continue;
      const detail = `${member} got ${label(text)} from ${from}`;
      violations.push({ promise: 'nothing invented', detail });
    }
  }
  for (const { by, text, outcome } of groupSends) {
    if (outcome?.type === 'acknowledged') note(outcome.receipt.seq, text, by.member);
  }
  return { texts, violations };
}

function unsettled({ groupSends, privateSends, calm }: History): readonly Violation[] {
  return [...groupSends, ...privateSends].flatMap(({ by, text, outcome }): readonly Violation[] => {
    if (outcome === undefined) {
      return by.crashed ? [] : [{ promise: 'settled', detail: `${label(text)} is still open` }];
    }
    if (outcome.type === 'acknowledged') return [];
    if (!honestCodes.has(outcome.code)) {
      return [{ promise: 'honest failure', detail: `${label(text)}: ${outcome.code}` }];
    }
    if (!calm) return [];
    return [{ promise: 'undisturbed when calm', detail: `${label(text)}: ${outcome.code}` }];
  });
}

function disturbed({ processes, calm }: History): readonly Violation[] {
  return processes.flatMap(({ member, losses }): readonly Violation[] => {
    if (!calm || losses.length === 0) return [];
    return [{ promise: 'undisturbed when calm', detail: `${member} lost the server` }];
  });
}

/** Every member has had the whole log but its own part, over all its processes; its own part is in the log all the same. */
function incomplete(
  { processes, groupSends }: History,
  texts: ReadonlyMap<number, string>,
): readonly Violation[] {
  const violations: Violation[] = [];
  const members = new Set(processes.map(({ member }) => member));
  const senders = new Map(groupSends.map(({ text, by }) => [text, by.member]));
  for (const member of members) {
    const own = processes.filter((process) => process.member === member);
    const had = new Set(own.flatMap(({ groupMessages }) => groupMessages.map(({ seq }) => seq)));
    for (const [seq, text] of texts) {
      if (had.has(seq) || senders.get(text) === member) continue;
      violations.push({ promise: 'nothing lost', detail: `${member} never got ${label(text)}` });
    }
  }
  const head = Math.max(0, ...texts.keys());
  for (let seq = 1; seq <= head; seq++) {
    if (texts.has(seq)) continue;
    violations.push({ promise: 'nothing lost', detail: `nobody has had number ${seq}` });
  }
  return violations;
}

/** No process is told a number twice or one below another, and a sender's messages stand in the order of its calls. */
function outOfOrder({ processes, groupSends }: History): readonly Violation[] {
  const violations: Violation[] = [];
  for (const { member, groupMessages, gaps } of processes) {
    for (const [at, { seq, text }] of groupMessages.entries()) {
      const previous = groupMessages[at - 1]?.seq ?? 0;
      if (seq > previous) continue;
      const promise = groupMessages.slice(0, at).some((earlier) => earlier.seq === seq)
        ? 'exactly once'
        : 'one order';
      violations.push({ promise, detail: `${member} got ${label(text)} after ${previous}` });
    }
    if (gaps.length > 0) {
      violations.push({ promise: 'no gap', detail: `${member} met ${gaps.length} gaps` });
    }
    const turns = groupSends.flatMap(({ by, outcome }) =>
      by.member === member && outcome?.type === 'acknowledged' ? [outcome.receipt.seq] : [],
    );
    if (turns.some((seq, at) => seq <= (turns[at - 1] ?? 0))) {
      violations.push({ promise: 'one order', detail: `${member} sent as ${turns.join(', ')}` });
    }
  }
  return violations;
}

function privateViolations({ processes, privateSends }: History): readonly Violation[] {
  const violations: Violation[] = [];
  const sends = new Map(privateSends.map((send, at) => [send.text, { ...send, at }]));
  const arrivals = new Map<string, number>();
  for (const { member, privateMessages } of processes) {
    const newest = new Map<ProcessHistory, number>();
    const had = new Set<string>();
    for (const { from, text } of privateMessages) {
      const send = sends.get(text);
      if (send === undefined || send.by.member !== from || send.to !== member) {
        const detail = `${member} got ${label(text)} from ${from}`;
        violations.push({ promise: 'nothing invented', detail });
        continue;
      }
      arrivals.set(text, (arrivals.get(text) ?? 0) + 1);
      const detail = `${member} got ${label(text)} again or late`;
      if (had.has(text)) violations.push({ promise: 'exactly once', detail });
      else if (send.at < (newest.get(send.by) ?? -1)) {
        violations.push({ promise: 'one order', detail });
      }
      had.add(text);
      newest.set(send.by, Math.max(send.at, newest.get(send.by) ?? -1));
    }
  }
  for (const { text, to, outcome } of privateSends) {
    if (outcome?.type !== 'acknowledged' || arrivals.has(text)) continue;
    violations.push({ promise: 'nothing lost', detail: `${to} never got ${label(text)}` });
  }
  return violations;
}

/** Long texts are padded; their beginning tells them apart. */
function label(text: string): string {
  return `"${text.slice(0, 24)}"`;
}
