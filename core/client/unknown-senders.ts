/** Private messages of senders whom the directory does not know yet: whoever has just registered may already write. */

import type { PeerMessage } from '../chat/wire.ts';

/** Messages kept; beyond, they are dropped and not acknowledged. */
const messagesMax = 256;

/** How long a message waits for the directory. Milliseconds. */
const waitMs = 5000;

/** A private message as it came. */
export interface ReceivedPrivate {
  readonly link: number;
  readonly identity: string;
  readonly message: Extract<PeerMessage, { readonly type: 'privateMessage' }>;
}

interface Waiting extends ReceivedPrivate {
  readonly expiresAt: number;
}

export class UnknownSenders {
  #waiting: Waiting[] = [];

  keep(received: ReceivedPrivate, now: number): void {
    this.#waiting = this.#waiting.filter(({ expiresAt }) => expiresAt > now);
    if (this.#waiting.length >= messagesMax) return;
    this.#waiting.push({ ...received, expiresAt: now + waitMs });
  }

  /** Offers every message again; those that are taken wait no more. */
  offer(take: (received: ReceivedPrivate) => boolean, now: number): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.expiresAt > now && !take(waiting));
  }
}
