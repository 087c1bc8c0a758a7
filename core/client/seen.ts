/** Which private messages a client has had: per sender and process of the sender the last counter, since they come in order. */

import { parseMid } from '../chat/mids.ts';
import { toHex } from '../protocol/bytes.ts';

/** Senders remembered; the one heard from longest ago is forgotten first. */
const sendersMax = 10_000;

/** Processes remembered of each sender, likewise: nobody makes us forget what others have sent. */
const processesMax = 64;

export class Seen {
  /** By sender and by process, oldest first. */
  readonly #lastCounters = new Map<string, Map<string, number>>();

  /** Whether a message was had before; one with a malformed mid counts as had. */
  has(identity: string, mid: Uint8Array): boolean {
    const parts = parseMid(mid);
    if (parts === undefined) return true;
    const last = this.#lastCounters.get(identity)?.get(toHex(parts.processId));
    return last !== undefined && parts.counter <= last;
  }

  /** Notes a message that {@link has} did not know. */
  add(identity: string, mid: Uint8Array): void {
    const parts = parseMid(mid);
    if (parts === undefined) return;
    const processes = this.#lastCounters.get(identity) ?? new Map<string, number>();
    putLast(processes, toHex(parts.processId), parts.counter, processesMax);
    putLast(this.#lastCounters, identity, processes, sendersMax);
  }
}

/** Makes an entry the newest of a map, and forgets the oldest beyond `max`. */
function putLast<Value>(map: Map<string, Value>, key: string, value: Value, max: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
