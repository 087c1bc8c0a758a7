/** Which private messages a client has had since its process began, of each process of each sender. */

import { parseMid } from '../chat/mids.ts';
import { toHex } from '../protocol/bytes.ts';

/** Senders remembered; the one heard from longest ago is forgotten first. */
const sendersMax = 10_000;

/** Processes remembered of each sender, likewise: nobody makes us forget what others have sent. */
const processesMax = 64;

/** Newest messages of a process that are told apart; as many may be under way to one peer at a time. */
const countersMax = 1024;

/** The same of all processes; beyond, of the process heard from longest ago only the last counter is remembered. */
const countersTotalMax = 100_000;

interface Process {
  /** What is not among `counters` and not above was had, as far as one knows: messages that go directly come in order. */
  floor: number;
  /** In the order in which they came. */
  readonly counters: Set<number>;
}

export class Seen {
  /** By sender and by process, oldest first. */
  readonly #processes = new Map<string, Map<string, Process>>();
  /** Processes of which counters are told apart, the one heard from longest ago first. */
  readonly #exact = new Set<Process>();
  #countersTotal = 0;

  /**
   * Whether a message was had before; one with a malformed mid counts as had.
   * @param wasKept it may come after any number of later ones, so that only its own counter tells
   */
  has(identity: string, mid: Uint8Array, wasKept = false): boolean {
    const parts = parseMid(mid);
    if (parts === undefined) return true;
    const process = this.#processes.get(identity)?.get(toHex(parts.processId));
    if (process === undefined) return false;
    return process.counters.has(parts.counter) || (!wasKept && parts.counter <= process.floor);
  }

  /** Notes a message that {@link has} did not know. */
  add(identity: string, mid: Uint8Array): void {
    const parts = parseMid(mid);
    if (parts === undefined) return;
    const processes = this.#processes.get(identity) ?? new Map<string, Process>();
    const id = toHex(parts.processId);
    const process = processes.get(id) ?? { floor: -1, counters: new Set() };
    for (const forgotten of putLast(processes, id, process, processesMax)) this.#forget(forgotten);
    for (const forgotten of putLast(this.#processes, identity, processes, sendersMax)) {
      for (const each of forgotten.values()) this.#forget(each);
    }
    this.#note(process, parts.counter);
  }

  #note(process: Process, counter: number): void {
    const { counters } = process;
    if (!counters.has(counter)) this.#countersTotal++;
    counters.add(counter);
    this.#exact.delete(process);
    this.#exact.add(process);
    if (counters.size > countersMax) {
      const [oldest = counter] = counters;
      counters.delete(oldest);
      this.#countersTotal--;
      process.floor = Math.max(process.floor, oldest);
    }
    const [longestAgo] = this.#exact;
    if (this.#countersTotal > countersTotalMax && longestAgo !== undefined)
      this.#forget(longestAgo);
  }

  #forget(process: Process): void {
    const { counters } = process;
    this.#exact.delete(process);
    this.#countersTotal -= counters.size;
    for (const counter of counters) process.floor = Math.max(process.floor, counter);
    counters.clear();
  }
}

/** Makes an entry the newest of a map. @returns the oldest, which it forgets beyond `max` */
function putLast<Value>(
  map: Map<string, Value>,
  key: string,
  value: Value,
  max: number,
): readonly Value[] {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map;
  if (map.size <= max || oldest === undefined) return [];
  map.delete(oldest[0]);
  return [oldest[1]];
}
