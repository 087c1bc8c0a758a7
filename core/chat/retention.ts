/** How long messages are kept: what is beyond a bound goes, the oldest first. */

/** What of one group is kept; a bound that is left out bounds nothing. Whole numbers of at least 1. */
export interface GroupRetention {
  /** Milliseconds since a message was sent. */
  readonly ageMs?: number;
  /** The newest messages that stay. */
  readonly messages?: number;
  /** Bytes of text, and some for each message. */
  readonly bytes?: number;
}

/** What a server keeps: the bounds of each group that has none of its own, and one over all. */
export interface Retention extends GroupRetention {
  /** Bytes of all groups together; beyond, the oldest messages go, whichever group they are of. */
  readonly bytesTotal?: number;
}

/** What is there of a group before a message is looked at. */
export interface Kept {
  readonly headSeq: number;
  readonly bytes: number;
}

/** Whether the oldest message of a group has to go. */
export function isBeyond(
  { ageMs, messages, bytes }: GroupRetention,
  kept: Kept,
  oldest: { readonly seq: number; readonly sentAtMs: number },
  nowMs: number,
): boolean {
  return (
    (messages !== undefined && oldest.seq <= kept.headSeq - messages) ||
    (bytes !== undefined && kept.bytes > bytes) ||
    (ageMs !== undefined && oldest.sentAtMs < nowMs - ageMs)
  );
}
