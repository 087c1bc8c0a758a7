/** One member of a group: how it begins, comes back, and skips what it said itself. */

import { equalBytes } from '../protocol/bytes.ts';
import type { Group, Link, Membership, Session } from './sessions.ts';

/**
 * Up to which message a log that a member comes from is the group's present one. Where it is none that the group remembers
 * to have had, a group that was made anew has told the member nothing yet, and one that was restored may have told it all.
 */
export function sharedWith({ logId, log, formerLogs }: Group, from: Uint8Array): number {
  if (equalBytes(from, logId)) return log.headSeq;
  const former = formerLogs.find((candidate) => equalBytes(candidate.logId, from));
  if (former !== undefined) return former.seq;
  return formerLogs.length === 0 ? 0 : log.headSeq;
}

/** Gives a member a conversation on its connection. @returns its number */
export function listen(membership: Membership, link: Link): number {
  const conversation = link.nextConversation++;
  membership.listener = { link, conversation };
  membership.group.listeners.add(membership);
  return conversation;
}

/** A member that is absent and has handled everything up to `seq`. */
export function addMember(
  group: Group,
  session: Session,
  ordinal: number,
  seq: number,
): Membership {
  const membership: Membership = {
    group,
    session,
    ordinal,
    readSeq: seq,
    handedSeq: seq,
    confirmedSeq: seq,
    isGapDue: false,
    isReady: false,
    reading: undefined,
    listener: undefined,
  };
  group.nextOrdinal = ordinal + 1;
  group.members.set(session.key, membership);
  session.memberships.set(group.key, membership);
  return membership;
}

/**
 * What a client says itself it has handled; else a talkative one would meet a gap of its own messages.
 * @returns whether it had handled everything before
 */
export function skipOwn(membership: Membership | undefined, seq: number): boolean {
  if (membership === undefined) return false;
  if (membership.readSeq === seq - 1) membership.readSeq = seq;
  if (membership.confirmedSeq !== seq - 1) return false;
  membership.confirmedSeq = seq;
  return true;
}
