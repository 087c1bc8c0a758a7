/** The groups a client is in, and how far it has read each. */

import { foldName } from '../chat/names.ts';
import type { GroupMessage } from '../chat/types.ts';
import type { ResumePoint, ServerMessage, WelcomeGroup } from '../chat/wire.ts';
import { equalBytes, toHex } from '../protocol/bytes.ts';
import type { Cursors } from './cursors.ts';

type Push<Type extends ServerMessage['type']> = Extract<ServerMessage, { readonly type: Type }>;

interface Membership {
  readonly group: string;
  readonly logId: Uint8Array;
  conversation: number;
  /** The last message that was told: what is not above it is not told again, however often it comes. */
  seq: number;
  /** Messages up to this one were missed while away. */
  recoveredSeq: number;
}

/** What may wait for the answer that names its conversation, or for the first listener. */
const earlyMax = 4096;

/** Word that this client is a member of a group now. */
export type Joined = Push<'joined'>;

/** A message of a group, or word that some are gone. */
export type GroupPush = Push<'groupMessage'> | Push<'gap'>;

/** A push that came too early, with the conversation it came on. */
interface Early {
  readonly conversation: number;
  readonly push: GroupPush;
}

export class Memberships {
  readonly #cursors: Pick<Cursors, 'handled'>;
  /** By folded name. */
  readonly #byGroup = new Map<string, Membership>();
  readonly #byConversation = new Map<number, Membership>();
  /** Conversations overtake each other: messages may come before the answer that made this client a member. */
  #early: Early[] = [];
  #newestConversation = 0;
  #isOpen = false;
  #isOverrun = false;

  constructor(cursors: Pick<Cursors, 'handled'>) {
    this.#cursors = cursors;
  }

  /** Oldest membership first. */
  get groups(): readonly string[] {
    return [...this.#byGroup.values()].map(({ group }) => group);
  }

  /** The group as it was first spelt, or undefined if the client is not in it. */
  find(group: string): string | undefined {
    return this.#byGroup.get(foldName(group))?.group;
  }

  /**
   * What a registration tells the server: what was handled, as the server believes it for good. What was told and is still
   * being handled comes once more, and goes to the next process of this client should this one end before.
   */
  get resumePoints(): readonly ResumePoint[] {
    return Array.from(this.#byGroup.values(), ({ group, logId, seq }) => ({
      group,
      logId,
      seq: this.#cursors.handled(group, logId, seq),
    }));
  }

  /** @returns what has come for the group already */
  add(joined: Joined): readonly GroupPush[] {
    const { group, conversation, logId, seq } = joined;
    this.#put({ group, logId, conversation, seq, recoveredSeq: seq });
    return this.takeEarly(conversation);
  }

  /** Whether messages are handled: not before somebody can listen to them. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Somebody listens. @returns what was kept so far, in order */
  open(): readonly Early[] {
    const kept = this.#early;
    this.#early = [];
    this.#isOpen = true;
    return kept;
  }

  /** Whether nobody listens yet or the group of a conversation is still to be named; the message is then kept. */
  keepIfEarly(conversation: number, push: GroupPush): boolean {
    if (this.#isOpen && conversation <= this.#newestConversation) return false;
    if (this.#early.length < earlyMax) this.#early.push({ conversation, push });
    else this.#isOverrun = true;
    return true;
  }

  /** Whether something could not be kept: the connection is to be replaced, and what was not handled comes again. */
  get isOverrun(): boolean {
    return this.#isOverrun;
  }

  /** What was kept for a conversation, in order. */
  takeEarly(conversation: number): readonly GroupPush[] {
    const taken = this.#early.filter((early) => early.conversation === conversation);
    this.#early = this.#early.filter((early) => early.conversation !== conversation);
    return taken.map(({ push }) => push);
  }

  /** A new connection counts its conversations anew. */
  handleLoss(): void {
    this.#byConversation.clear();
    this.#early = [];
    this.#newestConversation = 0;
    this.#isOverrun = false;
  }

  /** Goes by the memberships that a welcome tells of. */
  resume(groups: readonly WelcomeGroup[]): void {
    const before = new Map(this.#byGroup);
    this.#byGroup.clear();
    this.#byConversation.clear();
    for (const { group, conversation, logId, seq: fromSeq, headSeq } of groups) {
      const known = before.get(foldName(group));
      const toldSeq = known !== undefined && equalBytes(known.logId, logId) ? known.seq : 0;
      const seq = Math.max(fromSeq, toldSeq);
      this.#put({ group, logId, conversation, seq, recoveredSeq: headSeq });
    }
  }

  delete(group: string): void {
    const membership = this.#byGroup.get(foldName(group));
    if (membership === undefined) return;
    this.#byGroup.delete(foldName(group));
    this.#byConversation.delete(membership.conversation);
  }

  /** The message as its reader sees it; undefined if it was handled before or the group was left. */
  receive(conversation: number, push: Push<'groupMessage'>): GroupMessage | undefined {
    const membership = this.#byConversation.get(conversation);
    if (membership === undefined || push.seq <= membership.seq) return undefined;
    membership.seq = push.seq;
    return {
      type: 'group',
      mid: toHex(push.mid),
      group: membership.group,
      from: push.from,
      text: push.text,
      seq: push.seq,
      logId: toHex(membership.logId),
      sentAtMs: push.sentAtMs,
      bot: push.bot,
      hops: push.hops,
      recovered: push.seq <= membership.recoveredSeq,
    };
  }

  /**
   * Messages before `fromSeq` are gone.
   * @returns the group they are missing from, and how many that are, 0 where nobody knows; undefined if all were told before
   */
  receiveGap(
    conversation: number,
    { count, fromSeq }: Push<'gap'>,
  ): { readonly group: string; readonly count: number } | undefined {
    const membership = this.#byConversation.get(conversation);
    if (membership === undefined) return undefined;
    const missing = Math.min(count, fromSeq - 1 - membership.seq);
    if (count > 0 && missing <= 0) return undefined;
    membership.seq = Math.max(membership.seq, fromSeq - 1);
    return { group: membership.group, count: count === 0 ? 0 : missing };
  }

  /** The group of a conversation, and how far it was told. */
  at(
    conversation: number,
  ): { readonly group: string; readonly logId: Uint8Array; readonly seq: number } | undefined {
    return this.#byConversation.get(conversation);
  }

  /** The conversation of a group, unless the connection is lost. */
  conversationOf(group: string): number | undefined {
    const conversation = this.#byGroup.get(foldName(group))?.conversation;
    return conversation !== undefined && this.#byConversation.has(conversation)
      ? conversation
      : undefined;
  }

  #put(membership: Membership): void {
    this.#byGroup.set(foldName(membership.group), membership);
    this.#byConversation.set(membership.conversation, membership);
    this.#newestConversation = Math.max(this.#newestConversation, membership.conversation);
  }
}
