/** What a hub wants done, in the order in which it is to be done. */

import { type ErrorCode, errorCodeToWire } from '../errors.ts';
import type { ServerFact } from './facts.ts';
import { controlConversation, type ServerMessage, serverCodec } from './wire.ts';

/**
 * Why the hub ends a connection: the same process came back on another one; another process took the name over;
 * it failed a probe while somebody claimed its name or address; the hub has as many as it can.
 */
export type CloseReason = 'replaced' | 'takenOver' | 'silent' | 'full';

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
  /** Store durably that the name belongs to the identity (64 hex digits) before any later effect is carried out. */
  | { readonly type: 'bindName'; readonly name: string; readonly identity: string }
  /** Ask the connection for a sign of life and report it with `Hub.probed`. */
  | { readonly type: 'probe'; readonly link: number }
  /** Close the connection; the hub has forgotten it already. */
  | { readonly type: 'close'; readonly link: number; readonly reason: CloseReason }
  /** Tell whoever narrates. */
  | { readonly type: 'fact'; readonly fact: ServerFact };

/** A request that is not granted. */
export interface Refusal {
  readonly code: ErrorCode;
  /** What failed with which value, in words. */
  readonly detail: string;
}

/** The queue of effects; bounded by its owner, who empties it after every input. */
export class Effects {
  #queue: HubEffect[] = [];
  #next = 0;

  /** The oldest effect that was not polled yet. */
  poll(): HubEffect | undefined {
    const effect = this.#queue[this.#next];
    if (effect === undefined) {
      this.#queue = [];
      this.#next = 0;
      return undefined;
    }
    this.#next++;
    return effect;
  }

  push(effect: HubEffect): void {
    this.#queue.push(effect);
  }

  /** Says once that there is something to read for a link, until it has read everything. */
  tellReadable(link: { readonly number: number; isReadable: boolean }): void {
    if (link.isReadable) return;
    link.isReadable = true;
    this.push({ type: 'readable', link: link.number });
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

  /** The answer to a request that is not granted. */
  refuse(link: { readonly number: number }, requestId: number, { code, detail }: Refusal): void {
    this.send(link, { type: 'refused', requestId, code: errorCodeToWire(code), detail });
  }

  fact(fact: ServerFact): void {
    this.push({ type: 'fact', fact });
  }
}
