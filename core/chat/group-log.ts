/** The messages of a group, kept once in encoded form, and the bound over all groups together. */

/** What a cursor meets next. */
export type LogRead =
  | {
      readonly type: 'entry';
      readonly seq: number;
      /** The folded name of the sender. */
      readonly from: string;
      readonly payload: Uint8Array;
    }
  /** The next `count` messages are gone; reading goes on at `fromSeq`. */
  | { readonly type: 'gap'; readonly count: number; readonly fromSeq: number };

type LogEntry = Extract<LogRead, { type: 'entry' }>;

/** What an entry takes beside its payload, roughly. Bytes. */
const entryOverheadBytes = 128;

/** A ring of messages, numbered from 1 without gaps. At either bound the oldest go; readers then meet a gap. */
export class GroupLog {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  readonly #ring: (LogEntry | undefined)[] = [];
  #firstSeq: number;
  #headSeq: number;
  #releasedSeq: number;
  #bytes = 0;

  /** @param headSeq how many messages there were before those that it will keep */
  constructor(messagesMax: number, bytesMax: number, headSeq = 0) {
    this.#messagesMax = messagesMax;
    this.#bytesMax = bytesMax;
    this.#firstSeq = headSeq + 1;
    this.#headSeq = headSeq;
    this.#releasedSeq = headSeq;
  }

  /** The number of the oldest message that is kept, or of the next one. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** The number of the newest message; 0 before the first. */
  get headSeq(): number {
    return this.#headSeq;
  }

  /** The number of the newest message that can be read. */
  get releasedSeq(): number {
    return this.#releasedSeq;
  }

  /** Memory taken. Bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether any message is kept. */
  get isEmpty(): boolean {
    return this.#firstSeq > this.#headSeq;
  }

  /** Keeps the message number `headSeq + 1`; nobody reads it before its {@link release}. */
  append(from: string, payload: Uint8Array): void {
    if (this.#headSeq - this.#firstSeq + 1 >= this.#messagesMax) this.dropOldest();
    this.#headSeq++;
    const entry: LogEntry = { type: 'entry', seq: this.#headSeq, from, payload };
    this.#ring[this.#headSeq % this.#messagesMax] = entry;
    this.#bytes += payload.length + entryOverheadBytes;
    while (this.#bytes > this.#bytesMax && this.#firstSeq < this.#headSeq) this.dropOldest();
  }

  /** Messages up to this one can be read. */
  release(seq: number): void {
    this.#releasedSeq = Math.max(this.#releasedSeq, seq);
  }

  /** What comes after message number `seq`, or undefined if nothing does that can be read. */
  read(seq: number): LogRead | undefined {
    if (seq >= this.#releasedSeq) return undefined;
    if (seq + 1 < this.#firstSeq) {
      const fromSeq = Math.min(this.#firstSeq, this.#releasedSeq + 1);
      return { type: 'gap', count: fromSeq - seq - 1, fromSeq };
    }
    return this.#ring[(seq + 1) % this.#messagesMax];
  }

  /** Forgets the oldest message. */
  dropOldest(): void {
    if (this.isEmpty) return;
    const slot = this.#firstSeq % this.#messagesMax;
    this.#bytes -= (this.#ring[slot]?.payload.length ?? 0) + entryOverheadBytes;
    this.#ring[slot] = undefined;
    this.#firstSeq++;
  }
}

/** What a pool bounds. */
interface Shrinkable {
  readonly bytes: number;
  readonly isEmpty: boolean;
  dropOldest(): void;
}

/** Bounds the memory of all logs: at the bound, the group that has been quiet longest loses its oldest messages. */
export class LogPool<Log extends Shrinkable = GroupLog> {
  readonly #bytesMax: number;
  /** Bytes by log, the longest quiet first. */
  readonly #bytesByLog = new Map<Log, number>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Of all logs. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Has a log forget its oldest message. */
  drop(log: Log): void {
    this.#shrink(log);
  }

  /** A log is there no more. */
  forget(log: Log): void {
    this.#bytes -= this.#bytesByLog.get(log) ?? 0;
    this.#bytesByLog.delete(log);
  }

  /** To be told after each append. */
  appended(log: Log): void {
    this.#account(log);
    while (this.#bytes > this.#bytesMax) {
      const [quietest] = this.#bytesByLog.keys();
      if (quietest === undefined) return;
      this.#shrink(quietest);
    }
  }

  #account(log: Log): void {
    this.#bytes += log.bytes - (this.#bytesByLog.get(log) ?? 0);
    this.#bytesByLog.delete(log);
    this.#bytesByLog.set(log, log.bytes);
  }

  #shrink(log: Log): void {
    const before = log.bytes;
    log.dropOldest();
    this.#bytes -= before - log.bytes;
    if (log.isEmpty) this.#bytesByLog.delete(log);
    else this.#bytesByLog.set(log, log.bytes);
  }
}
