/** Whether the other side of a connection is there: silence, keepalive, idle timeout. */

/** Who awaits more than an ACK asks for a sign of life after so much quiet already. Milliseconds. */
export const answerKeepaliveMs = 1000;

export interface ConnectionTiming {
  /** How long to wait for any answer before the peer counts as silent. Milliseconds. */
  readonly silenceMs: number;
  /** A PING goes out when nothing was sent or received for this long; undefined for never. Milliseconds. */
  readonly keepaliveMs: number | undefined;
  /** The connection closes when nothing was received, or nothing of what was sent acknowledged, for this long. Milliseconds. */
  readonly idleTimeoutMs: number;
  /**
   * Whether an answer is awaited beyond the ACK, asked whenever something was sent or received: who has acknowledged a
   * request may have restarted since, and never tells unless it is sent something (docs/PROTOCOL.md §6). Default: never.
   */
  readonly awaitsAnswer?: () => boolean;
}

export class Liveness {
  timing: ConnectionTiming;
  #lastReceivedAt: number;
  #lastActivityAt: number;
  /** Since when something awaits an answer and nothing at all has come. */
  #awaitingSince: number | undefined;
  /** Since when something awaits an acknowledgement and none has come, whatever else has. */
  #unacknowledgedSince: number | undefined;
  #isSilent = false;

  constructor(timing: ConnectionTiming, now: number) {
    this.timing = timing;
    this.#lastReceivedAt = now;
    this.#lastActivityAt = now;
  }

  /** An authentic packet came. @returns whether that ends a silence */
  received(now: number): boolean {
    this.#lastReceivedAt = now;
    this.#lastActivityAt = now;
    if (this.#awaitingSince !== undefined) this.#awaitingSince = now;
    const wasSilent = this.#isSilent;
    this.#isSilent = false;
    return wasSilent;
  }

  /** A packet went out; an ack-eliciting one awaits an answer. */
  sent(now: number, ackEliciting: boolean): void {
    this.#lastActivityAt = now;
    if (!ackEliciting) return;
    this.#awaitingSince ??= now;
    this.#unacknowledgedSince ??= now;
  }

  /** Something sent was acknowledged for the first time. */
  acknowledged(now: number): void {
    this.#unacknowledgedSince = now;
  }

  /** Everything sent is acknowledged. */
  settled(): void {
    this.#awaitingSince = undefined;
    this.#unacknowledgedSince = undefined;
  }

  /** @returns whether a silence begins to count now */
  handleTimeout(now: number): boolean {
    if (this.#silenceDeadline > now) return false;
    this.#isSilent = true;
    return true;
  }

  /** Whether a PING is due. */
  isQuiet(now: number): boolean {
    return now >= this.#keepaliveDeadline;
  }

  /** Whether the connection is to be closed. */
  isIdle(now: number): boolean {
    return now >= this.#idleDeadline;
  }

  /** The next instant at which one of the above becomes true. */
  get deadline(): number {
    return Math.min(this.#silenceDeadline, this.#keepaliveDeadline, this.#idleDeadline);
  }

  /** Who talks and never acknowledges is as good as gone: what is kept for it must not grow for ever. */
  get #idleDeadline(): number {
    const since = Math.min(this.#lastReceivedAt, this.#unacknowledgedSince ?? this.#lastReceivedAt);
    return since + this.timing.idleTimeoutMs;
  }

  get #silenceDeadline(): number {
    return this.#awaitingSince === undefined || this.#isSilent
      ? Number.POSITIVE_INFINITY
      : this.#awaitingSince + this.timing.silenceMs;
  }

  get #keepaliveDeadline(): number {
    if (this.#awaitingSince !== undefined) return Number.POSITIVE_INFINITY;
    const { keepaliveMs = Number.POSITIVE_INFINITY, awaitsAnswer } = this.timing;
    const quietMsMax = awaitsAnswer?.() ? answerKeepaliveMs : Number.POSITIVE_INFINITY;
    return this.#lastActivityAt + Math.min(keepaliveMs, quietMsMax);
  }
}
