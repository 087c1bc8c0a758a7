/** What a hub wants done, in the order in which it is to be done. */

import { type ErrorCode, errorCodeToWire } from '../errors.ts';
import type { AuditEntry } from './audit.ts';
import type { ServerFact } from './facts.ts';
import { Fifo } from './fifo.ts';
import type { StoreQuery } from './queries.ts';
import type { StoreChange } from './records.ts';
import { controlConversation, type ServerMessage, serverCodec } from './wire.ts';

/**
 * Why the hub ends a connection: the same process came back on another one; another process took the name over;
 * it failed a probe while somebody claimed its name or address; the hub has as many as it can; an operator ended it,
 * banned its key, took the key off the list of those who may come in, or released the name.
 */
export type CloseReason =
  | 'replaced'
  | 'takenOver'
  | 'silent'
  | 'full'
  | 'kicked'
  | 'banned'
  | 'notAdmitted'
  | 'nameReleased';

/** Something for the owner of a hub to carry out. */
export type HubEffect =
  /** Queue a message on a connection. */
  | {
      readonly type: 'send';
      readonly link: number;
      readonly conversation: number;
      readonly payload: Uint8Array;
    }
  /** `Hub.readNext` has something for this connection; read until it has nothing or the connection no room, and again when it has. */
  | { readonly type: 'readable'; readonly link: number }
  /** Store the change after those of smaller numbers, and report it with `Hub.stored`: what depends on it follows then. */
  | { readonly type: 'store'; readonly number: number; readonly change: StoreChange }
  /** Ask the store for messages, and report what it finds with `Hub.answered`, in whatever order. */
  | { readonly type: 'query'; readonly number: number; readonly query: StoreQuery }
  /** More may have to go from the store than before: look soon. */
  | { readonly type: 'prune' }
  /** Ask the connection for a sign of life and report it with `Hub.probed`. */
  | { readonly type: 'probe'; readonly link: number }
  /** Close the connection; the hub has forgotten it already. */
  | {
      readonly type: 'close';
      readonly link: number;
      readonly reason: CloseReason;
      /** For people; at most 200 bytes of it are told. */
      readonly words: string;
    }
  /** Tell whoever narrates. */
  | { readonly type: 'fact'; readonly fact: ServerFact };

/** A request that is not granted. */
export interface Refusal {
  readonly code: ErrorCode;
  /** What failed with which value, in words. */
  readonly detail: string;
  /** The same may be granted after so many milliseconds, and hardly before; left out where nobody knows. */
  readonly retryMs?: number;
}

/** What whoever would change something is told while the store has no room. */
export const noRoom: Refusal = {
  code: 'STORE_FULL',
  detail: 'the server has no room to store anything',
  retryMs: 60_000,
};

/** What an effect takes beside its payload, roughly. Bytes. */
const effectBytes = 64;

/**
 * The queue of effects; bounded by its owner, who empties it after every input and looks at {@link unstored} and
 * {@link heldBytes}. What follows a change waits in the queue until the change is stored, so that nobody hears of what a
 * crash could undo.
 */
export class Effects {
  /** Whether what is stored outlives a crash, as answers say. */
  isDurable: boolean;
  readonly #changes = new Fifo<HubEffect>();
  readonly #prompt = new Fifo<HubEffect>();
  /** Among the effects the numbers of changes: what stands behind one waits until that change is stored. */
  readonly #queue = new Fifo<HubEffect | number>();
  /** Of each change in the queue the bytes that its store has not taken yet. */
  readonly #weights = new Fifo<number>();
  #heldBytes = 0;
  #newestChange = 0;
  #storedChange = 0;
  #isStoreFull = false;
  /** What members have handled while the store was full, each one's newest by group and name. */
  readonly #confirmed = new Map<string, StoreChange>();

  constructor(isDurable: boolean) {
    this.isDurable = isDurable;
  }

  /** Whether the store has no room. */
  get isStoreFull(): boolean {
    return this.#isStoreFull;
  }

  /**
   * Whether the store has no room. While it has none, what is pushed waits for no change, since that might take days, and
   * nobody may have anything stored but the end of something, of which there is only so much.
   */
  set isStoreFull(isFull: boolean) {
    this.#isStoreFull = isFull;
    if (isFull) return;
    for (const change of this.#confirmed.values()) this.note(change);
    this.#confirmed.clear();
  }

  /** How many changes are not stored yet. */
  get unstored(): number {
    return this.#newestChange - this.#storedChange;
  }

  /** The memory of changes that are not stored yet and of effects that wait for them, roughly. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether there is an effect that was pushed as prompt. */
  get hasPrompt(): boolean {
    return this.#prompt.length > 0;
  }

  /** The oldest effect that was not polled yet and waits for no change. */
  poll(): HubEffect | undefined {
    const ahead = this.#changes.take() ?? this.#prompt.take();
    if (ahead !== undefined) return ahead;
    for (;;) {
      const { first } = this.#queue;
      if (typeof first === 'number' && first > this.#storedChange) return undefined;
      this.#queue.take();
      if (typeof first !== 'number') {
        if (first !== undefined) this.#heldBytes -= bytesOf(first);
        return first;
      }
      this.#heldBytes -= this.#weights.take() ?? 0;
    }
  }

  push(effect: HubEffect): void {
    if (this.#isStoreFull) this.pushPrompt(effect);
    else this.#hold(effect);
  }

  /** Sends the answer that a message has its place, which waits for all changes until now in any case. */
  sendCommitted(
    link: { readonly number: number },
    message: Extract<ServerMessage, { readonly type: 'committed' }>,
  ): void {
    const payload = serverCodec.encode(message);
    this.#hold({ type: 'send', link: link.number, conversation: controlConversation, payload });
  }

  #hold(effect: HubEffect): void {
    this.#heldBytes += bytesOf(effect);
    this.#queue.push(effect);
  }

  /** Says once that there is something to read for a link, until it has read everything. */
  tellReadable(link: { readonly number: number; isReadable: boolean }): void {
    if (link.isReadable) return;
    link.isReadable = true;
    this.push({ type: 'readable', link: link.number });
  }

  /** Pushes what depends on no change. */
  pushPrompt(effect: HubEffect): void {
    this.#prompt.push(effect);
  }

  /** Has a change stored; what is pushed from now on waits for it. @returns its number */
  store(change: StoreChange): number {
    const number = this.note(change);
    if (this.#isStoreFull) return number;
    const weight = weightOf(change);
    this.#heldBytes += weight;
    this.#weights.push(weight);
    this.#queue.push(number);
    return number;
  }

  /** Has a change stored for which nobody waits. @returns its number */
  note(change: StoreChange): number {
    if (this.#isStoreFull && change.type === 'memberConfirmed') {
      this.#confirmed.set(`${change.group} ${change.name}`, change);
      return this.#newestChange;
    }
    const number = ++this.#newestChange;
    this.#changes.push({ type: 'store', number, change });
    return number;
  }

  /** The changes up to this number are stored. */
  release(number: number): void {
    this.#storedChange = Math.max(this.#storedChange, number);
  }

  /** A message on the control conversation. */
  send(link: { readonly number: number }, message: ServerMessage): void {
    this.push({
      type: 'send',
      link: link.number,
      conversation: controlConversation,
      payload: serverCodec.encode(message),
    });
  }

  /** The same message on the control conversation of many. */
  sendAll(links: Iterable<{ readonly number: number }>, message: ServerMessage): void {
    const payload = serverCodec.encode(message);
    for (const { number: link } of links) {
      this.push({ type: 'send', link, conversation: controlConversation, payload });
    }
  }

  /** The answer to a request that is not granted. Who is too fast is told at once: haste depends on nothing that is stored. */
  refuse(
    link: { readonly number: number },
    requestId: number,
    { code, detail, retryMs = 0 }: Refusal,
  ): void {
    const refused = { requestId, code: errorCodeToWire(code), retryMs, detail };
    const payload = serverCodec.encode({ type: 'refused', ...refused });
    const conversation = controlConversation;
    const effect: HubEffect = { type: 'send', link: link.number, conversation, payload };
    if (code === 'RATE_LIMITED') this.pushPrompt(effect);
    else this.push(effect);
  }

  /** Leaves an entry in the audit trail; what is pushed from now on waits for it. */
  audit(entry: AuditEntry): void {
    this.store({ type: 'audited', entry });
    this.fact({ type: 'audited', entry });
  }

  fact(fact: ServerFact): void {
    this.push({ type: 'fact', fact });
  }
}

/** The texts of messages are what changes weigh. */
function weightOf(change: StoreChange): number {
  if (change.type === 'messageAppended') return effectBytes + change.message.text.length;
  if (change.type === 'envelopeStored') return effectBytes + change.envelope.sealed.length;
  return effectBytes;
}

function bytesOf(effect: HubEffect): number {
  return effectBytes + (effect.type === 'send' ? effect.payload.length : 0);
}
