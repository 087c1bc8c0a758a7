/** The groups of a hub: who is a member, and what was said. */

import { equalBytes } from '../protocol/bytes.ts';
import type { Delivery } from './delivery.ts';
import type { Effects } from './effects.ts';
import { GroupLog, LogPool } from './group-log.ts';
import type { HubLimits } from './limits.ts';
import { foldName } from './names.ts';
import type { Group, Link, Membership, Session } from './sessions.ts';
import type { LeaveReason } from './types.ts';
import { pageEntriesMax, type ResumePoint, serverCodec, type WelcomeGroup } from './wire.ts';

/** A message that has been accepted and only lacks its place. */
export interface Draft {
  readonly mid: Uint8Array;
  readonly from: Session;
  readonly bot: boolean;
  readonly hops: number;
  readonly sentAtMs: number;
  readonly text: string;
}

/** One page of names; `next` asks for the one after it, 0 for the end. */
export interface NamePage {
  readonly names: readonly { readonly name: string }[];
  readonly next: number;
}

/** Where a new member reads. */
type Joined = Omit<WelcomeGroup, 'headSeq'>;

export class Groups {
  readonly #limits: HubLimits;
  readonly #random: (count: number) => Uint8Array;
  readonly #effects: Effects;
  readonly #delivery: Delivery;
  readonly #pool: LogPool;
  readonly #groups = new Map<string, Group>();
  /** The same in the order of their creation, for pages. */
  readonly #list: Group[] = [];

  constructor(
    limits: HubLimits,
    random: (count: number) => Uint8Array,
    effects: Effects,
    delivery: Delivery,
  ) {
    this.#limits = limits;
    this.#random = random;
    this.#effects = effects;
    this.#delivery = delivery;
    this.#pool = new LogPool(limits.logBytesTotal);
  }

  /** All groups in the order of their creation. */
  get all(): readonly Group[] {
    return this.#list;
  }

  find(name: string): Group | undefined {
    return this.#groups.get(foldName(name));
  }

  /** Creates a group whose name is free and in order. */
  create(name: string, by: Session): void {
    const key = foldName(name);
    const group: Group = {
      name,
      key,
      logId: this.#random(8),
      log: new GroupLog(this.#limits.logMessages, this.#limits.logBytes),
      members: new Map(),
      listeners: new Set(),
      nextOrdinal: 1,
    };
    this.#groups.set(key, group);
    this.#list.push(group);
    this.#effects.fact({ type: 'groupCreated', group: name, by: by.name });
    this.#tellChange();
  }

  /** A page of the groups in the order of their creation. */
  page(after: number): NamePage {
    const end = after + pageEntriesMax;
    const names = this.#list.slice(after, end).map(({ name }) => ({ name }));
    return { names, next: end < this.#list.length ? end : 0 };
  }

  /** A page of the members of a group in the order in which they joined. */
  memberPage(group: Group, after: number): NamePage {
    const names: { readonly name: string }[] = [];
    let last = 0;
    for (const { ordinal, session } of group.members.values()) {
      if (ordinal <= after) continue;
      if (names.length === pageEntriesMax) return { names, next: last };
      names.push({ name: session.name });
      last = ordinal;
    }
    return { names, next: 0 };
  }

  /** Makes a present client that is not a member one; it reads what comes from now on. */
  join(group: Group, session: Session, link: Link, bot: boolean): Joined {
    const { headSeq } = group.log;
    const membership: Membership = {
      group,
      session,
      ordinal: group.nextOrdinal++,
      readSeq: headSeq,
      handedSeq: headSeq,
      confirmedSeq: headSeq,
      isGapDue: false,
      listener: undefined,
    };
    this.#effects.sendAll(linksOf(group), {
      type: 'memberJoined',
      group: group.name,
      name: session.name,
      bot,
    });
    group.members.set(session.key, membership);
    session.memberships.set(group.key, membership);
    session.removedFrom.delete(group.key);
    const conversation = listen(membership, link);
    this.#effects.fact({ type: 'groupJoined', group: group.name, by: session.name });
    this.#tellChange();
    return { group: group.name, conversation, logId: group.logId, seq: headSeq };
  }

  /** Ends a membership and tells the others. */
  leave(membership: Membership, reason: LeaveReason): void {
    const { group, session } = membership;
    unlisten(membership);
    group.members.delete(session.key);
    session.memberships.delete(group.key);
    this.#effects.sendAll(linksOf(group), {
      type: 'memberLeft',
      group: group.name,
      name: session.name,
      reason,
    });
    this.#effects.fact({ type: 'groupLeft', group: group.name, by: session.name, reason });
    this.#tellChange();
  }

  /** Ends the memberships of a client that does not answer; it is told now if it can hear, and when it next uses each. */
  remove(session: Session): void {
    for (const membership of [...session.memberships.values()]) {
      const { group, listener } = membership;
      this.leave(membership, 'unresponsive');
      session.removedFrom.add(group.key);
      if (listener === undefined) continue;
      const { link } = listener;
      this.#effects.send(link, { type: 'groupLost', group: group.name, reason: 'unresponsive' });
    }
  }

  /** Gives a message its place and offers it to the members that are there. @returns its number */
  append(group: Group, draft: Draft): number {
    const { mid, from, bot, hops, sentAtMs, text } = draft;
    const seq = group.log.headSeq + 1;
    const payload = serverCodec.encode({
      type: 'groupMessage',
      mid,
      seq,
      from: from.name,
      bot,
      hops,
      sentAtMs,
      text,
    });
    group.log.append(from.key, payload);
    this.#pool.appended(group.log);
    skipOwn(group.members.get(from.key), seq);
    for (const membership of group.listeners) {
      if (membership.session !== from) this.#delivery.offer(membership);
    }
    this.#effects.fact({ type: 'groupMessageSent', group: group.name, by: from.name, text });
    return seq;
  }

  /** Reading goes on on a new link once it is offered: where the client says it stands, else after what it has confirmed. */
  attach(session: Session, link: Link, resume: readonly ResumePoint[]): readonly WelcomeGroup[] {
    const points = new Map(resume.map((point) => [foldName(point.group), point]));
    return Array.from(session.memberships.values(), (membership) => {
      const { group } = membership;
      moveCursor(membership, points.get(group.key));
      const conversation = listen(membership, link);
      return {
        group: group.name,
        conversation,
        logId: group.logId,
        seq: membership.confirmedSeq,
        headSeq: group.log.headSeq,
      };
    });
  }

  /** The client is absent; on its next link it reads on after what it has confirmed. */
  detach(session: Session): void {
    for (const membership of session.memberships.values()) unlisten(membership);
  }

  /** The tables are put together when somebody looks at them. */
  #tellChange(): void {
    const list = this.#list;
    this.#effects.fact({
      type: 'groupsChanged',
      get groups(): ReadonlyMap<string, readonly string[]> {
        return new Map(list.map((group) => [group.name, memberNames(group)]));
      },
    });
  }
}

/** The names of all members in the order in which they joined. */
export function memberNames(group: Group): readonly string[] {
  return Array.from(group.members.values(), ({ session }) => session.name);
}

function* linksOf(group: Group): Iterable<Link> {
  for (const { listener } of group.listeners) if (listener !== undefined) yield listener.link;
}

function listen(membership: Membership, link: Link): number {
  const conversation = link.nextConversation++;
  membership.listener = { link, conversation };
  link.conversations.set(conversation, membership);
  membership.group.listeners.add(membership);
  return conversation;
}

function unlisten(membership: Membership): void {
  const { listener, group } = membership;
  if (listener === undefined) return;
  listener.link.conversations.delete(listener.conversation);
  listener.link.ready.delete(membership);
  group.listeners.delete(membership);
  membership.listener = undefined;
}

/** What a client says itself it has handled; else a talkative one would meet a gap of its own messages. */
function skipOwn(membership: Membership | undefined, seq: number): void {
  if (membership === undefined) return;
  if (membership.confirmedSeq === seq - 1) membership.confirmedSeq = seq;
  if (membership.readSeq === seq - 1) membership.readSeq = seq;
}

function moveCursor(membership: Membership, point: ResumePoint | undefined): void {
  const { group, confirmedSeq } = membership;
  if (point !== undefined && equalBytes(point.logId, group.logId)) {
    membership.confirmedSeq = Math.max(confirmedSeq, Math.min(point.seq, group.log.headSeq));
  } else if (point !== undefined) {
    membership.isGapDue = true;
  }
  membership.readSeq = membership.confirmedSeq;
  membership.handedSeq = membership.confirmedSeq;
}
