/** Keeps sealed private messages for those who are absent, and hands them over when they are back (docs/PROTOCOL.md §9). */

import { toHex } from '../protocol/bytes.ts';
import type { Effects, Refusal } from './effects.ts';
import { Fifo } from './fifo.ts';
import type { HubLimits } from './limits.ts';
import type { EnvelopeOutcome, RecipientOutcome } from './mail-messages.ts';
import { foldName } from './names.ts';
import type { StoredEnvelope, StoredOutcome } from './records.ts';
import type { Link, Session } from './sessions.ts';
import { serverCodec } from './wire.ts';

/** Envelopes handed to a connection and not settled, at most; more follow as these are. */
const envelopesUnderWayMax = 16;

/** The same in bytes; one envelope may always go. */
const bytesUnderWayMax = 256 * 1024;

/** Outcomes told on a connection and not confirmed, at most. */
const outcomesUnderWayMax = 64;

/** What an envelope takes beside what is sealed in it, roughly. Bytes. */
const envelopeBytes = 256;

/** An envelope before it has its place. */
export type Deposit = Omit<StoredEnvelope, 'id' | 'storedAtMs'>;

interface Kept extends StoredEnvelope {
  /** The number of its change: it is handed to nobody before it is stored. */
  readonly change: number;
  /** By the hub's own clock: whoever sets the clock of the machine forward throws nobody's mail away. */
  readonly expiresAt: number;
}

/** What waits for one recipient. */
interface Mailbox {
  /** By id, the oldest first. */
  readonly envelopes: Map<number, Kept>;
  bytes: number;
}

/** What a connection was handed of its client's mail. */
export interface MailView {
  /** Every envelope up to here was handed over, as far as it was there. */
  handedId: number;
  /** Bytes of those that are not settled, by id. */
  readonly underWay: Map<number, number>;
  /** Ids of the outcomes told and not confirmed. */
  readonly told: Set<number>;
}

/** What a link was handed, which begins with nothing. */
function viewOf(link: Link): MailView {
  link.mail ??= { handedId: 0, underWay: new Map(), told: new Set() };
  return link.mail;
}

export interface MailboxesParts {
  readonly limits: HubLimits;
  readonly effects: Effects;
  /** Who has registered under a folded name since the start. */
  readonly findSession: (folded: string) => Session | undefined;
  /** Milliseconds since the epoch at `now`. */
  readonly wallClock: (now: number) => number;
  /** What earlier hubs kept. */
  readonly envelopes: readonly StoredEnvelope[];
  readonly outcomes: readonly StoredOutcome[];
}

/** At each bound of `HubLimits` a new envelope is refused `MAILBOX_FULL`, and of outcomes the oldest is forgotten. */
export class Mailboxes {
  readonly #parts: MailboxesParts;
  /** By id, the oldest first. */
  readonly #envelopes = new Map<number, Kept>();
  /** By folded name of the recipient. */
  readonly #mailboxes = new Map<string, Mailbox>();
  /** By folded name of the sender. */
  readonly #bytesOf = new Map<string, number>();
  /** Those whose changes are not stored yet, in their order. */
  readonly #unstored = new Fifo<Kept>();
  /** Folded names of sender and recipient and the mid, of every envelope. */
  readonly #ids = new Map<string, number>();
  /** By id, the oldest first. */
  readonly #outcomes = new Map<number, StoredOutcome>();
  /** Ids by folded name of who sent, the oldest first. */
  readonly #outcomeIds = new Map<string, Set<number>>();
  #bytes = 0;
  #nextId = 1;
  #stored = 0;

  constructor(parts: MailboxesParts) {
    this.#parts = parts;
    const { limits, wallClock } = parts;
    for (const envelope of parts.envelopes) {
      const expiresAt = envelope.storedAtMs + limits.mailboxMs - wallClock(0);
      this.#add({ ...envelope, change: 0, expiresAt });
    }
    for (const outcome of parts.outcomes) this.#addOutcome(outcome);
  }

  /** All that waits, the oldest first. */
  get envelopes(): Iterable<StoredEnvelope> {
    return this.#envelopes.values();
  }

  /** How many wait. */
  get count(): number {
    return this.#envelopes.size;
  }

  /** What these take, roughly. Bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All that senders are to be told, the oldest first. */
  get outcomes(): Iterable<StoredOutcome> {
    return this.#outcomes.values();
  }

  /** Whether an envelope is kept already. */
  holds(deposit: Omit<Deposit, 'sealed'>): boolean {
    return this.#ids.has(keyOf(deposit));
  }

  /** Keeps an envelope that it does not hold yet, or says why not; what is pushed from now on waits until it is stored. */
  add(deposit: Deposit, now: number): Refusal | undefined {
    const refusal = this.#objection(deposit);
    if (refusal !== undefined) return refusal;
    const { limits, wallClock, effects } = this.#parts;
    const envelope = { id: this.#nextId, storedAtMs: wallClock(now), ...deposit };
    const change = effects.store({ type: 'envelopeStored', envelope });
    const kept = { ...envelope, change, expiresAt: now + limits.mailboxMs };
    this.#add(kept);
    this.#unstored.push(kept);
    return undefined;
  }

  /** The changes up to this number are stored: who has come back meanwhile gets its mail. */
  release(number: number): void {
    this.#stored = Math.max(this.#stored, number);
    for (;;) {
      const { first } = this.#unstored;
      if (first === undefined || first.change > this.#stored) return;
      this.#unstored.take();
      this.#offer(foldName(first.to));
    }
  }

  /** A client is present on its link: what waits for it may be read. */
  welcome({ key }: Session): void {
    if (this.#mailboxes.has(key) || this.#outcomeIds.has(key)) this.#offer(key);
  }

  /** The next outcome or envelope for a link, or undefined if there is none or enough is under way. */
  readNext(link: Link): Uint8Array | undefined {
    const session = presentOn(link);
    if (session === undefined) return undefined;
    return this.#readOutcome(link, session.key) ?? this.#readEnvelope(link, session.key);
  }

  /** The client of a link says what became of an envelope that it was handed. */
  settle(link: Link, id: number, outcome: RecipientOutcome): void {
    const isHanded = link.mail?.underWay.delete(id) === true;
    const envelope = this.#envelopes.get(id);
    const session = presentOn(link);
    if (!isHanded || session === undefined) return;
    if (envelope !== undefined) this.#settle(envelope, outcome);
    this.#offer(session.key);
  }

  /** The client of a link knows of an outcome. */
  confirm(link: Link, id: number): void {
    const session = presentOn(link);
    if (session === undefined || link.mail?.told.delete(id) !== true) return;
    this.#forgetOutcome(id);
    this.#offer(session.key);
  }

  /** A name is nobody's any more: what waits for it is refused, and what it was to be told is forgotten. */
  forget(key: string): void {
    for (const envelope of [...(this.#mailboxes.get(key)?.envelopes.values() ?? [])]) {
      this.#settle(envelope, 'refused');
    }
    for (const id of [...(this.#outcomeIds.get(key) ?? [])]) this.#forgetOutcome(id);
  }

  /** What has waited too long goes; its sender is told. */
  handleTimeout(now: number): void {
    for (const envelope of this.#envelopes.values()) {
      if (envelope.expiresAt > now) break;
      this.#settle(envelope, 'expired');
    }
  }

  /** When {@link handleTimeout} is due. */
  pollTimeout(): number | undefined {
    const [oldest] = this.#envelopes.values();
    return oldest?.expiresAt;
  }

  #objection({ from, to, sealed }: Deposit): Refusal | undefined {
    const { limits } = this.#parts;
    const full = (detail: string): Refusal => ({ code: 'MAILBOX_FULL', detail });
    const bytes = bytesOf({ sealed });
    const mailbox = this.#mailboxes.get(foldName(to));
    if (mailbox !== undefined) {
      const { envelopes } = mailbox;
      if (envelopes.size >= limits.mailboxMessages || mailbox.bytes + bytes > limits.mailboxBytes) {
        return full(`as much waits for "${to}" as the server keeps`);
      }
      const own = [...envelopes.values()].filter((other) => isSame(other.from, from));
      const ownBytes = own.reduce((sum, each) => sum + bytesOf(each), bytes);
      if (
        own.length >= limits.mailboxMessagesPerSender ||
        ownBytes > limits.mailboxBytesPerSender
      ) {
        return full(`${own.length} messages of yours wait for "${to}", as many as may`);
      }
    }
    if ((this.#bytesOf.get(foldName(from)) ?? 0) + bytes > limits.mailBytesPerSender) {
      return full('as much of yours waits for others as the server keeps of one sender');
    }
    if (this.#bytes + bytes > limits.mailBytesTotal) {
      return full('the server keeps as many messages for absent clients as it can');
    }
    return undefined;
  }

  #add(envelope: Kept): void {
    const key = foldName(envelope.to);
    const mailbox = this.#mailboxes.get(key) ?? { envelopes: new Map(), bytes: 0 };
    this.#mailboxes.set(key, mailbox);
    this.#envelopes.set(envelope.id, envelope);
    mailbox.envelopes.set(envelope.id, envelope);
    this.#ids.set(keyOf(envelope), envelope.id);
    this.#account(envelope, mailbox, bytesOf(envelope));
    this.#nextId = Math.max(this.#nextId, envelope.id + 1);
  }

  /** Nobody waits until that is stored: what a crash undoes is handed over again, and its recipient knows it. */
  #settle(envelope: Kept, outcome: EnvelopeOutcome): void {
    const { id, from, to, mid } = envelope;
    const key = foldName(to);
    const mailbox = this.#mailboxes.get(key);
    if (mailbox === undefined) return;
    this.#envelopes.delete(id);
    this.#ids.delete(keyOf(envelope));
    mailbox.envelopes.delete(id);
    if (mailbox.envelopes.size === 0) this.#mailboxes.delete(key);
    this.#account(envelope, mailbox, -bytesOf(envelope));
    this.#parts.effects.note({ type: 'envelopeSettled', id, outcome });
    this.#addOutcome({ id, from, to, mid, outcome });
    this.#offer(foldName(from));
  }

  #account({ from }: Kept, mailbox: Mailbox, bytes: number): void {
    const sender = foldName(from);
    const ofSender = (this.#bytesOf.get(sender) ?? 0) + bytes;
    if (ofSender === 0) this.#bytesOf.delete(sender);
    else this.#bytesOf.set(sender, ofSender);
    mailbox.bytes += bytes;
    this.#bytes += bytes;
  }

  #addOutcome(outcome: StoredOutcome): void {
    const key = foldName(outcome.from);
    const { limits } = this.#parts;
    const ids = this.#outcomeIds.get(key) ?? new Set();
    this.#outcomeIds.set(key, ids.add(outcome.id));
    this.#outcomes.set(outcome.id, outcome);
    this.#nextId = Math.max(this.#nextId, outcome.id + 1);
    const [oldestOfSender] = ids;
    if (ids.size > limits.outcomesPerSender) this.#forgetOutcome(oldestOfSender);
    const [oldest] = this.#outcomes.keys();
    if (this.#outcomes.size > limits.outcomes) this.#forgetOutcome(oldest);
  }

  #forgetOutcome(id: number | undefined): void {
    const outcome = id === undefined ? undefined : this.#outcomes.get(id);
    if (outcome === undefined) return;
    const key = foldName(outcome.from);
    const ids = this.#outcomeIds.get(key);
    this.#outcomes.delete(outcome.id);
    ids?.delete(outcome.id);
    if (ids?.size === 0) this.#outcomeIds.delete(key);
    this.#parts.effects.note({ type: 'outcomeForgotten', id: outcome.id });
  }

  /** There may be something to read for a client. */
  #offer(key: string): void {
    const link = this.#parts.findSession(key)?.link;
    if (link !== undefined) this.#parts.effects.tellReadable(link);
  }

  #readOutcome(link: Link, key: string): Uint8Array | undefined {
    if ((link.mail?.told.size ?? 0) >= outcomesUnderWayMax) return undefined;
    for (const id of this.#outcomeIds.get(key) ?? []) {
      const outcome = this.#outcomes.get(id);
      if (outcome === undefined || link.mail?.told.has(id) === true) continue;
      viewOf(link).told.add(id);
      const { to, mid } = outcome;
      return serverCodec.encode({ type: 'settled', id, to, mid, outcome: outcome.outcome });
    }
    return undefined;
  }

  #readEnvelope(link: Link, key: string): Uint8Array | undefined {
    const { envelopes } = this.#mailboxes.get(key) ?? {};
    if (envelopes === undefined) return undefined;
    const view = viewOf(link);
    const next = [...envelopes.values()].find(({ id }) => id > view.handedId);
    if (next === undefined || next.change > this.#stored || !hasRoomFor(view, next)) return;
    const { id, from, mid, sealed } = next;
    view.handedId = id;
    view.underWay.set(id, sealed.length);
    return serverCodec.encode({ type: 'envelope', id, from, mid, sealed });
  }
}

function hasRoomFor({ underWay }: MailView, { sealed }: Kept): boolean {
  if (underWay.size === 0) return true;
  const bytes = [...underWay.values()].reduce((sum, each) => sum + each, sealed.length);
  return underWay.size < envelopesUnderWayMax && bytes <= bytesUnderWayMax;
}

/** The session that is present on a link; one beside it gets no mail. */
function presentOn(link: Link): Session | undefined {
  const session = link.registration?.session;
  return session?.link === link ? session : undefined;
}

function keyOf({ from, to, mid }: Omit<Deposit, 'sealed'>): string {
  // No name has a space.
  return `${foldName(from)} ${foldName(to)} ${toHex(mid)}`;
}

function bytesOf({ sealed }: Pick<Deposit, 'sealed'>): number {
  return envelopeBytes + sealed.length;
}

function isSame(a: string, b: string): boolean {
  return foldName(a) === foldName(b);
}
