/** What a client process is told to do, and what it answers. */

/** Members `first` to `first + count − 1` connect and join; `groupSize` of them make a group. */
export interface ConnectOrder {
  readonly peer: string;
  readonly port: number;
  readonly first: number;
  readonly count: number;
  readonly groupSize: number;
  /** They will only wait. */
  readonly isIdle: boolean;
}

/** One member sends for `durationMs`: as fast as `window` unacknowledged messages let it, or at a steady rate. */
export interface SendOrder {
  readonly member: number;
  readonly durationMs: number;
  readonly textBytes: number;
  readonly pace: { readonly window: number } | { readonly perSecond: number };
}

/** Deliveries so far, to all members of the process. */
export interface Tally {
  readonly delivered: number;
  /** Of the last delivery; 0 before the first. Microseconds. */
  readonly lastAtUs: number;
  /** What went wrong first. */
  readonly fault: string | undefined;
}

/** By kind of order: what it says and what is answered. */
export interface Orders {
  readonly connect: { readonly says: ConnectOrder; readonly answer: undefined };
  /** Answers how many were sent since the start of the process. */
  readonly send: { readonly says: SendOrder; readonly answer: number };
  readonly tally: { readonly says: undefined; readonly answer: Tally };
  /** Answers how long each delivery took since the last order of the kind. Microseconds. */
  readonly latencies: { readonly says: undefined; readonly answer: readonly number[] };
}

export type OrderKind = keyof Orders;

/** On the way to a client process. */
export interface OrderMessage {
  readonly id: number;
  readonly kind: OrderKind;
  readonly says: unknown;
}

/** On the way back. */
export type AnswerMessage =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: string };
