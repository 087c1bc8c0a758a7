/** Which private messages a client has had: per sender and process of the sender the last counter, since they come in order. */

import { parseMid } from '../chat/mids.ts';
import { toHex } from '../protocol/bytes.ts';

/** Processes remembered, over all senders; the one heard from longest ago is forgotten first. */
const processesMax = 10_000;

export class Seen {
  /** From sender and process to the last counter, oldest first. */
  readonly #lastCounters = new Map<string, number>();

  /** Whether a message was had before; one with a malformed mid counts as had. */
  has(identity: string, mid: Uint8Array): boolean {
    const parts = parseMid(mid);
    if (parts === undefined) return true;
    const last = this.#lastCounters.get(`${identity} ${toHex(parts.processId)}`);
    return last !== undefined && parts.counter <= last;
  }

  /** Notes a message that {@link has} did not know. */
  add(identity: string, mid: Uint8Array): void {
    const parts = parseMid(mid);
    if (parts === undefined) return;
    const key = `${identity} ${toHex(parts.processId)}`;
    this.#lastCounters.delete(key);
    this.#lastCounters.set(key, parts.counter);
    if (this.#lastCounters.size > processesMax) {
      const [oldest] = this.#lastCounters.keys();
      if (oldest !== undefined) this.#lastCounters.delete(oldest);
    }
  }
}
