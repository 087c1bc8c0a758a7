/** The groups of a hub: who is a member, and what was said. */

import { equalBytes } from '../protocol/bytes.ts';
import type { Delivery } from './delivery.ts';
import type { Effects } from './effects.ts';
import { Fifo } from './fifo.ts';
import { GroupList, type NamePage } from './group-list.ts';
import { GroupLog, LogPool } from './group-log.ts';
import { GroupRules } from './group-rules.ts';
import type { HubLimits } from './limits.ts';
import { addMember, listen, sharedWith, skipOwn } from './membership.ts';
import { foldName } from './names.ts';
import type { Dropped, StoredGroup, StoredMessage } from './records.ts';
import type { GroupRetention } from './retention.ts';
import type { Departure, Group, Link, Membership, Session } from './sessions.ts';
import { type ResumePoint, type ServerMessage, serverCodec, type WelcomeGroup } from './wire.ts';
import { pageEntriesMax } from './wire-fields.ts';
import type { LostReason } from './wire-order.ts';

/** A message that has been accepted and only lacks its place. */
export interface Draft {
  readonly mid: Uint8Array;
  readonly from: Session;
  /** Of the sender, 64 hex digits. */
  readonly identity: string;
  readonly bot: boolean;
  readonly hops: number;
  readonly sentAtMs: number;
  readonly text: string;
}

/** What a client is told of a group that it lost. */
type Loss = Omit<Departure, 'reason'> & { readonly reason: LostReason };

/** Where a new member reads. */
type Joined = Omit<WelcomeGroup, 'headSeq'>;

/** A message that nobody may read before its change is stored. */
interface Unreleased {
  readonly change: number;
  readonly group: Group;
  readonly seq: number;
  readonly from: Session;
}

export class Groups {
  readonly #limits: HubLimits;
  readonly #random: (count: number) => Uint8Array;
  readonly #effects: Effects;
  readonly #delivery: Delivery;
  readonly #pool: LogPool;
  readonly #list = new GroupList();
  /** As many as there are changes under way to the store, at most. */
  readonly #unreleased = new Fifo<Unreleased>();

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
    return this.#list.all;
  }

  find(name: string): Group | undefined {
    return this.#list.find(name);
  }

  /** The group that a new name could be taken for. */
  findLookalike(name: string): string | undefined {
    return this.#list.findLookalike(name);
  }

  /** Puts the groups of an earlier hub in place; their members are absent. Only before anything else. */
  restore(stored: readonly StoredGroup[], sessionOf: (name: string) => Session): void {
    for (const { name, logId, headSeq, messages, members, ...rest } of stored) {
      const group = this.#add(name, logId, headSeq - messages.length, rest);
      for (const message of messages) this.#keep(group, foldName(message.from), message);
      group.log.release(headSeq);
      for (const { name: member, ordinal, confirmedSeq } of members) {
        addMember(group, sessionOf(member), ordinal, confirmedSeq);
      }
    }
  }

  /** Creates a group whose name is free and in order. */
  create(name: string, by: Session): Group {
    const group = this.#add(name, this.#random(8), 0, { formerLogs: [], retention: {} });
    this.#effects.store({ type: 'groupCreated', group: name, logId: group.logId });
    this.#effects.fact({ type: 'groupCreated', group: name, by: by.name });
    this.#tellChange();
    return group;
  }

  /** Removes a group with all that was said in it; who is a member hears so. */
  dissolve(group: Group, by: string): void {
    for (const membership of [...group.members.values()]) {
      this.putOut(membership, { reason: 'removed', by, words: '' });
    }
    this.#effects.store({ type: 'groupRemoved', group: group.name });
    this.#list.delete(group);
    this.#pool.forget(group.log);
    this.#effects.fact({ type: 'groupRemoved', group: group.name, by });
    this.#tellChange();
  }

  /** Gives a group bounds of its own, in place of those that it had; what is beyond goes as soon as they are stored. */
  setRetention(group: Group, retention: GroupRetention): void {
    group.retention = retention;
    this.#effects.store({ type: 'retentionSet', group: group.name, retention });
    this.#effects.push({ type: 'prune' });
  }

  /** A page of the groups in the order of their creation. */
  page(after: number): NamePage {
    return this.#list.page(after);
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
    const { headSeq: seq } = group.log;
    const { name } = session;
    const ordinal = group.nextOrdinal;
    this.#effects.store({ type: 'memberJoined', group: group.name, name, ordinal, seq });
    this.#effects.sendAll(linksOf(group), {
      type: 'memberJoined',
      group: group.name,
      name,
      bot,
    });
    session.removedFrom?.delete(group.key);
    const conversation = listen(addMember(group, session, ordinal, seq), link);
    this.#effects.fact({ type: 'groupJoined', group: group.name, by: name });
    this.#tellChange();
    return { group: group.name, conversation, logId: group.logId, seq };
  }

  /** Ends a membership and tells the others. */
  leave(membership: Membership, departure: Departure): void {
    const { group, session } = membership;
    this.#effects.store({ type: 'memberLeft', group: group.name, name: session.name });
    this.#unlisten(membership);
    group.members.delete(session.key);
    session.memberships.delete(group.key);
    this.#effects.sendAll(linksOf(group), {
      type: 'memberLeft',
      group: group.name,
      name: session.name,
      ...departure,
    });
    const { reason } = departure;
    this.#effects.fact({ type: 'groupLeft', group: group.name, by: session.name, reason });
    this.#tellChange();
  }

  /** Ends the memberships of a client that does not answer; it is told now if it can hear, and when it next uses each. */
  remove(session: Session): void {
    for (const membership of [...session.memberships.values()]) {
      this.putOut(membership, { reason: 'unresponsive', by: '', words: '' });
    }
  }

  /** Ends a membership that its holder does not end; it is told now if it can hear, and when it next uses the group. */
  putOut(membership: Membership, departure: Departure): void {
    const { group, session, listener } = membership;
    this.leave(membership, departure);
    session.removedFrom ??= new Map();
    session.removedFrom.set(group.key, departure);
    if (listener === undefined) return;
    this.#effects.send(listener.link, { type: 'groupLost', group: group.name, ...departure });
  }

  /** Tells a client that has come back which groups it is in no more, and why. */
  tellLosses(session: Session, link: Link, resume: readonly ResumePoint[]): void {
    for (const { group } of resume) {
      if (session.memberships.has(foldName(group))) continue;
      const departure = this.#departureOf(session, link.identity, group);
      this.#effects.send(link, { type: 'groupLost', group, ...departure });
    }
  }

  /** Tells all members that are there. */
  tell(group: Group, message: ServerMessage): void {
    this.#effects.sendAll(linksOf(group), message);
  }

  /** Gives a message its place; its readers have it once it is stored. @returns its number */
  append(group: Group, draft: Draft): number {
    const { from, identity, text, ...stamped } = draft;
    const seq = group.log.headSeq + 1;
    const message = { ...stamped, from: from.name, text, seq };
    const isHandled = skipOwn(group.members.get(from.key), seq);
    this.#keep(group, from.key, message);
    const appended = { type: 'messageAppended', group: group.name, identity } as const;
    const change = this.#effects.store({ ...appended, message, isHandled });
    this.#unreleased.push({ change, group, seq, from });
    this.#effects.fact({ type: 'groupMessageSent', group: group.name, by: from.name, text });
    return seq;
  }

  /** Offers the messages up to a change, which are stored now, to the members that are there. */
  release(stored: number): void {
    for (;;) {
      const { first } = this.#unreleased;
      if (first === undefined || first.change > stored) return;
      this.#unreleased.take();
      const { group, seq, from } = first;
      group.log.release(seq);
      for (const membership of group.listeners) {
        if (membership.session !== from) this.#delivery.offerReleased(membership);
      }
    }
  }

  /** Forgets messages that the store has let go of; who has not read them meets a gap. */
  forget({ group: name, logId, firstSeq }: Dropped): void {
    const group = this.find(name);
    if (group === undefined || !equalBytes(group.logId, logId)) return;
    const { log } = group;
    while (log.firstSeq < firstSeq && !log.isEmpty) this.#pool.drop(log);
  }

  /** Reading goes on on a new link once it is offered: where the client says it stands, else after what it has confirmed. */
  attach(session: Session, link: Link, resume: readonly ResumePoint[]): readonly WelcomeGroup[] {
    const points = new Map(resume.map((point) => [foldName(point.group), point]));
    return Array.from(session.memberships.values(), (membership) => {
      const { group } = membership;
      this.#resume(membership, points.get(group.key));
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
    for (const membership of session.memberships.values()) this.#unlisten(membership);
  }

  /** Why a client is not in a group that it was in; a restart makes the server forget, unless a ban tells. */
  #departureOf(session: Session, identity: string, group: string): Loss {
    const known = session.removedFrom?.get(foldName(group));
    if (known !== undefined) return known;
    const ban = this.find(group)?.rules.findPerson('ban', session.key, identity);
    if (ban === undefined) return { reason: 'forgotten', by: '', words: '' };
    return { reason: 'banned', by: ban.by, words: ban.reason };
  }

  #add(
    name: string,
    logId: Uint8Array,
    headSeq: number,
    { formerLogs, retention }: Pick<StoredGroup, 'formerLogs' | 'retention'>,
  ): Group {
    const { logMessages, logBytes } = this.#limits;
    const group: Group = {
      ordinal: this.#list.takeOrdinal(),
      name,
      key: foldName(name),
      logId,
      log: new GroupLog(logMessages, logBytes, headSeq),
      formerLogs,
      rules: new GroupRules(),
      retention,
      members: new Map(),
      listeners: new Set(),
      nextOrdinal: 1,
    };
    this.#list.add(group);
    return group;
  }

  #keep({ log }: Group, from: string, message: StoredMessage): void {
    log.append(from, serverCodec.encode({ type: 'groupMessage', ...message }));
    this.#pool.appended(log);
  }

  #unlisten(membership: Membership): void {
    const { listener, group } = membership;
    if (listener === undefined) return;
    const place = listener.link.ready.indexOf(membership);
    if (place >= 0) listener.link.ready.splice(place, 1);
    membership.isReady = false;
    group.listeners.delete(membership);
    membership.listener = undefined;
    this.#delivery.stop(membership);
  }

  /**
   * Where a member goes on, as it says itself. What followed a backup that was restored is gone, and nobody knows how much
   * that was: who was there, or has not heard anything since, is told so (docs/PROTOCOL.md §8).
   */
  #resume(membership: Membership, point: ResumePoint | undefined): void {
    const { group, confirmedSeq } = membership;
    if (point === undefined) {
      membership.isGapDue = confirmedSeq <= (group.formerLogs.at(-1)?.seq ?? -1);
    } else {
      const sharedSeq = sharedWith(group, point.logId);
      this.#delivery.moveConfirmed(membership, Math.min(point.seq, sharedSeq));
      membership.isGapDue = !equalBytes(point.logId, group.logId);
    }
    membership.readSeq = membership.confirmedSeq;
    membership.handedSeq = membership.confirmedSeq;
  }

  /** The tables are put together when somebody looks at them. */
  #tellChange(): void {
    const list = this.#list.all;
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
