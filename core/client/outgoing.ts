/** What a client sends, as whoever watches over it is told. */

import type { Receipt } from '../chat/types.ts';

/** Where to: a group, or a person. */
export type Target = { readonly group: string } | { readonly to: string };

/** A message that is about to be sent. */
export type Outgoing = Target & {
  readonly text: string;
  /** Who sends, as `SendOptions.origin` says. */
  readonly origin: string | undefined;
};

/** A message that was sent, or was not. */
export interface SentMessage {
  /** The same object that an interceptor was asked about, if there was one. */
  readonly outgoing: Outgoing;
  /** As it left, or was to leave. */
  readonly text: string;
  readonly hops: number;
  readonly result:
    | { readonly type: 'sent'; readonly receipt: Receipt }
    | { readonly type: 'failed'; readonly error: unknown };
  /** From the call to the receipt, or to the error. Milliseconds. */
  readonly ms: number;
}
