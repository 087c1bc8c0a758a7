/** What gaps promise: to be of what no store has any more, and to count exactly what is missing. */

import type { GroupSend, HeardMessage, History, ProcessHistory } from './history.ts';
import type { Violation } from './violation.ts';

/** By log and number, as the members and the receipts tell. */
type Texts = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** Gaps that a process met one after another, and what it heard of the same group before and after them. */
interface Gaps {
  readonly member: string;
  readonly group: string;
  count: number;
  /** The log was another one, or nobody knew how much is missing. */
  isUncounted: boolean;
  readonly before: HeardMessage | undefined;
  after: HeardMessage | undefined;
}

/** Every gap that was not due, or told another count than what is missing. */
export function gapViolations(history: History, texts: Texts): readonly Violation[] {
  return history.processes.flatMap(gapsOf).flatMap((gaps): readonly Violation[] => {
    const { member, group, count, isUncounted, before, after } = gaps;
    if (history.storeMessages === undefined || isUncounted) {
      return [{ promise: 'no gap', detail: `${member} met a gap in ${group}: ${count}` }];
    }
    const logId = (after ?? before)?.logId ?? '';
    const goneSeq = newestOf(texts, logId) - history.storeMessages;
    const lastSeq =
      after === undefined
        ? (before?.seq ?? 0) + count
        : lastBefore(after, ownTexts(history.groupSends, member), texts);
    if (lastSeq > goneSeq) {
      const detail = `${member} was told that ${lastSeq} of ${group} is gone, the store lacks ${goneSeq}`;
      return [{ promise: 'no gap', detail }];
    }
    return isExact(gaps, history.groupSends, texts)
      ? []
      : [
          {
            promise: 'exact gaps',
            detail: `${member} was told that ${count} of ${group} are gone`,
          },
        ];
  });
}

/** Whether a message may have been lost to a member by a gap. */
export function isGone(
  { receipt }: Extract<NonNullable<GroupSend['outcome']>, { type: 'acknowledged' }>,
  member: string,
  { group }: GroupSend,
  { processes, storeMessages }: History,
  texts: Texts,
): boolean {
  if (storeMessages === undefined) return false;
  if (receipt.seq > newestOf(texts, receipt.logId) - storeMessages) return false;
  return processes.some(
    (process) => process.member === member && process.gaps.some((gap) => gap.group === group),
  );
}

function gapsOf({ member, gaps, groupMessages }: ProcessHistory): readonly Gaps[] {
  const met: Gaps[] = [];
  for (const { group, count, heardAt } of gaps) {
    const heard = groupMessages.filter((message) => message.group === group);
    const before = heard.findLast((message) => message.heardAt < heardAt);
    const after = heard.find((message) => message.heardAt > heardAt);
    const previous = met.findLast((other) => other.group === group && other.before === before);
    if (previous === undefined) {
      const isUncounted = count === undefined;
      met.push({ member, group, count: count ?? 0, isUncounted, before, after });
    } else {
      previous.count += count ?? 0;
      previous.isUncounted ||= count === undefined;
    }
  }
  return met;
}

/** What lies between two messages that were heard was in the gaps, or is the member's own. */
function isExact(
  { member, count, before, after }: Gaps,
  groupSends: readonly GroupSend[],
  texts: Texts,
): boolean {
  if (before === undefined || after === undefined || before.logId !== after.logId) return true;
  const missing = after.seq - before.seq - 1;
  const log = texts.get(after.logId);
  const own = ownTexts(groupSends, member);
  let silent = 0;
  for (let seq = before.seq + 1; seq < after.seq; seq++) {
    const text = log?.get(seq);
    // A number that nobody has heard of may be its own, too.
    if (text === undefined || own.has(text)) silent++;
  }
  return count <= missing && count >= missing - silent;
}

/** The number before a message, but for those of messages of its reader's own, which it was not sent: they need not be gone. */
function lastBefore(after: HeardMessage, own: ReadonlySet<string>, texts: Texts): number {
  const log = texts.get(after.logId);
  let seq = after.seq - 1;
  while (own.has(log?.get(seq) ?? '')) seq--;
  return seq;
}

function ownTexts(groupSends: readonly GroupSend[], member: string): ReadonlySet<string> {
  return new Set(groupSends.flatMap(({ by, text }) => (by.member === member ? [text] : [])));
}

function newestOf(texts: Texts, logId: string): number {
  return Math.max(0, ...(texts.get(logId)?.keys() ?? []));
}
