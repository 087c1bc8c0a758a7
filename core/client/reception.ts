/** Takes private messages, whichever way they came: believes who wrote them or not, and tells each of them once. */

import type { Mirror } from '../chat/mirror.ts';
import { foldName } from '../chat/names.ts';
import type { PrivateMessage } from '../chat/types.ts';
import type { PeerMessage } from '../chat/wire.ts';
import { BanterError } from '../errors.ts';
import { toHex } from '../protocol/bytes.ts';
import type { MailRecord } from '../store/mail-record.ts';
import type { PeerKeys } from './peer-keys.ts';
import { Seen } from './seen.ts';

/** What a peer has written. */
export type PrivateText = Omit<Extract<PeerMessage, { readonly type: 'privateMessage' }>, 'type'>;

/** A message with the identity that has proved to be its sender's, 64 hex digits. */
export interface Incoming {
  readonly identity: string;
  readonly message: PrivateText;
  /** It was kept at the server meanwhile. */
  readonly kept: boolean;
}

/** What became of one: told now or before; not from whom it says; of nobody the directory knows; no room for it at present. */
export type Taken = 'had' | 'refused' | 'unknown' | 'later';

export interface ReceptionOptions {
  readonly mirror: Mirror;
  readonly keys: PeerKeys;
  /** Which kept messages were had, over all processes of this client. */
  readonly record: MailRecord;
  /** What earlier processes of this client have acknowledged and not shown. */
  readonly journaled: readonly PrivateMessage[];
  /** Shows or keeps a message. @returns whether it did, so that it may be acknowledged */
  readonly onMessage: (message: PrivateMessage) => boolean;
}

export class Reception {
  readonly #options: ReceptionOptions;
  readonly #seen = new Seen();
  /** Folded sender and mid of those in the journal when this process began, which holds few. */
  readonly #journaled: ReadonlySet<string>;

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#journaled = new Set(options.journaled.map(({ from, mid }) => keyOf(from, mid)));
  }

  /** Takes a message; only one that is `had` may be acknowledged. */
  take({ identity, message, kept }: Incoming): Taken {
    const { mirror, keys, onMessage } = this.#options;
    const entry = mirror.find(message.from);
    if (entry?.key !== identity) return 'unknown';
    const isBelieved = keys.believes(entry.name, identity);
    if (isBelieved !== true) return isBelieved === false ? 'refused' : 'later';
    const mid = toHex(message.mid);
    if (!this.#hasHad({ identity, message, kept })) {
      const { text, sentAtMs, hops } = message;
      const said = { from: entry.name, text, sentAtMs, bot: message.bot || entry.bot, hops };
      // What cannot be kept is not acknowledged; its sender hears that it did not arrive, or it comes again.
      if (!onMessage({ type: 'private', mid, ...said, heldBack: false, kept })) return 'later';
      this.#seen.add(identity, message.mid);
    }
    return !kept || this.#record(identity, mid) ? 'had' : 'later';
  }

  #hasHad({ identity, message, kept }: Incoming): boolean {
    const mid = toHex(message.mid);
    if (this.#seen.has(identity, message.mid, kept)) return true;
    if (this.#journaled.has(keyOf(message.from, mid))) return true;
    return kept && this.#options.record.has(identity, mid);
  }

  /** Whoever holds an envelope could hand it over to our next process: what was had is written down first. */
  #record(identity: string, mid: string): boolean {
    try {
      this.#options.record.add(identity, mid);
      return true;
    } catch (error) {
      if (error instanceof BanterError) return false;
      throw error;
    }
  }
}

function keyOf(from: string, mid: string): string {
  return `${foldName(from)} ${mid}`;
}
