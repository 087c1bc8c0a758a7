/** Moves readers: each link through the directory, each membership through its group's log and store, as far as there is room. */

import type { Bulletin } from './bulletin.ts';
import type { CatchUp } from './catch-up.ts';
import type { Effects } from './effects.ts';
import type { Mailboxes } from './mailboxes.ts';
import type { Link, Membership, Session } from './sessions.ts';
import { controlConversation, serverCodec } from './wire.ts';

/** A message for a connection that has room for it. */
export interface OutgoingMessage {
  readonly conversation: number;
  readonly payload: Uint8Array;
}

/** Nothing is queued or copied here: a link that reads nothing costs its cursors. */
export class Delivery {
  readonly #effects: Effects;
  readonly #bulletin: Bulletin;
  readonly #mailboxes: Mailboxes;
  readonly #catchUp: CatchUp;

  constructor(effects: Effects, bulletin: Bulletin, mailboxes: Mailboxes, catchUp: CatchUp) {
    this.#effects = effects;
    this.#bulletin = bulletin;
    this.#mailboxes = mailboxes;
    this.#catchUp = catchUp;
  }

  /** A client is present: what it has missed may be read. */
  welcome(session: Session): void {
    for (const membership of session.memberships.values()) this.offer(membership);
    this.#mailboxes.welcome(session);
  }

  /** There may be something to read for a membership. */
  offer(membership: Membership): void {
    const link = membership.listener?.link;
    if (link === undefined || membership.isReady) return;
    membership.isReady = true;
    link.ready.push(membership);
    this.#effects.tellReadable(link);
  }

  /** The same for what is stored: it need not wait until what came later is stored too. */
  offerReleased(membership: Membership): void {
    const link = membership.listener?.link;
    if (link === undefined || membership.isReady) return;
    if (this.#catchUp.isAwaited(membership)) return;
    membership.isReady = true;
    link.ready.push(membership);
    if (link.isReadable) return;
    link.isReadable = true;
    this.#effects.pushPrompt({ type: 'readable', link: link.number });
  }

  /** The next message for a link: the directory first, then mail, of which little is under way at a time, then its groups in turn. */
  readNext(link: Link): OutgoingMessage | undefined {
    const news = this.#bulletin.readNext(link) ?? this.#mailboxes.readNext(link);
    if (news !== undefined) return { conversation: controlConversation, payload: news };
    for (;;) {
      const membership = link.ready[0];
      if (membership?.listener === undefined) break;
      const payload = this.#readGroup(membership);
      if (payload === undefined) {
        link.ready.shift();
        membership.isReady = false;
        continue;
      }
      if (link.ready.length > 1) link.ready.push(...link.ready.splice(0, 1));
      return { conversation: membership.listener.conversation, payload };
    }
    link.isReadable = false;
    return undefined;
  }

  /** The reader of a conversation has handled what it was handed up to `seq`. */
  confirm(membership: Membership, seq: number): void {
    if (seq > membership.handedSeq) return;
    this.moveConfirmed(membership, seq === membership.handedSeq ? membership.readSeq : seq);
  }

  /** A member has handled everything up to `seq`. Nobody waits until that is stored: what a crash undoes is read again. */
  moveConfirmed(membership: Membership, seq: number): void {
    if (seq <= membership.confirmedSeq) return;
    membership.confirmedSeq = seq;
    const [group, name] = [membership.group.name, membership.session.name];
    this.#effects.note({ type: 'memberConfirmed', group, name, seq });
  }

  /** The member has no connection any more. */
  stop(membership: Membership): void {
    this.#catchUp.stop(membership);
  }

  /** Moves the cursor by one message of somebody else, or over one gap. */
  #readGroup(membership: Membership): Uint8Array | undefined {
    if (membership.isGapDue) {
      membership.isGapDue = false;
      return serverCodec.encode({ type: 'gap', count: 0, fromSeq: membership.readSeq + 1 });
    }
    for (;;) {
      const next = this.#catchUp.read(membership);
      if (next === undefined) return undefined;
      if (next.type === 'gap') {
        membership.readSeq = next.fromSeq - 1;
        return serverCodec.encode(next);
      }
      membership.readSeq = next.seq;
      if (next.from === membership.session.key) continue;
      membership.handedSeq = next.seq;
      return next.payload;
    }
  }
}
