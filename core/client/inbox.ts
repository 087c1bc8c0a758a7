/** Private messages that have arrived: shown at once, or kept until this client leaves its group. */

import type { PrivateMessage } from '../chat/types.ts';
import type { Journal } from '../store/client-files.ts';

/** Messages kept at most; further ones are not acknowledged, so that their senders know. */
const heldBackMax = 1000;
const heldBackPerSenderMax = 100;

export interface InboxOptions {
  readonly journal: Journal;
  /** Whether messages are to be kept now. */
  readonly holdsBack: () => boolean;
  readonly onShow: (message: PrivateMessage) => void;
  readonly onHeldBack: (from: string) => void;
}

export class Inbox {
  readonly #options: InboxOptions;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Takes a message. @returns false if it should be kept and cannot be, so that it must not be acknowledged */
  receive(message: PrivateMessage): boolean {
    const { journal, holdsBack, onShow, onHeldBack } = this.#options;
    if (!holdsBack()) {
      onShow(message);
      return true;
    }
    const isFull =
      journal.messages.length >= heldBackMax ||
      journal.messages.filter(({ from }) => from === message.from).length >= heldBackPerSenderMax;
    if (isFull) return false;
    try {
      journal.append({ ...message, heldBack: true });
    } catch {
      // A full disk: the sender hears that the message did not arrive.
      return false;
    }
    onHeldBack(message.from);
    return true;
  }

  /** Shows what was held back, unless there is still a reason to. */
  release(): void {
    const { journal, onShow } = this.#options;
    const messages = [...journal.messages];
    if (messages.length === 0) return;
    for (const message of messages) onShow(message);
    journal.clear();
  }
}
