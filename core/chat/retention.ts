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

/** What a server keeps: the bounds of every group, and one over all. */
export interface Retention extends GroupRetention {
  /** Bytes of all groups together; beyond, the oldest messages go, whichever group they are of. */
  readonly bytesTotal?: number;
}

/** The bounds of a group on the wire, where 0 bounds nothing (docs/PROTOCOL.md §7). */
export interface ToldRetention {
  readonly keepAgeMs: number;
  readonly keepMessages: number;
  readonly keepBytes: number;
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

/** What is kept where two have a say, as a group and its server: of each bound the stricter one. */
export function stricterOf(one: GroupRetention, other: GroupRetention): GroupRetention {
  return boundsOf({
    ageMs: least(one.ageMs, other.ageMs),
    messages: least(one.messages, other.messages),
    bytes: least(one.bytes, other.bytes),
  });
}

/** Bounds without those that are undefined. */
export function boundsOf({
  ageMs,
  messages,
  bytes,
}: {
  readonly [Bound in keyof GroupRetention]-?: number | undefined;
}): GroupRetention {
  return {
    ...(ageMs === undefined ? {} : { ageMs }),
    ...(messages === undefined ? {} : { messages }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

/** Bounds as they are told. */
export function tellRetention({
  ageMs = 0,
  messages = 0,
  bytes = 0,
}: GroupRetention): ToldRetention {
  return { keepAgeMs: ageMs, keepMessages: messages, keepBytes: bytes };
}

/** Bounds that were told. */
export function readRetention(told: ToldRetention): GroupRetention {
  return boundsOf({
    ageMs: told.keepAgeMs || undefined,
    messages: told.keepMessages || undefined,
    bytes: told.keepBytes || undefined,
  });
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
