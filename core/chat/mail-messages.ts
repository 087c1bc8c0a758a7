/** What client and server say of private messages that are kept for who is absent (docs/PROTOCOL.md §9). */

import { block, bytes, type Field, flag, varint } from '../protocol/codec.ts';
import { choice, mid, name, requestId, type TablesOf } from './wire-fields.ts';

/** What became of a message that was kept for somebody. */
export type EnvelopeOutcome =
  /** Its recipient has it. */
  | 'delivered'
  /** Its recipient could not open or would not believe it. */
  | 'refused'
  /** Its recipient did not come back in time. */
  | 'expired';

/** What a recipient can say of it. */
export type RecipientOutcome = Exclude<EnvelopeOutcome, 'expired'>;

/** Requests of a client. */
export type MailRequest =
  /** Keeps a sealed message for somebody who is absent: `deposited`. Sent again with the same mid it is kept once. */
  | {
      readonly type: 'deposit';
      readonly requestId: number;
      readonly to: string;
      /** Whose key the message is sealed for. 32 bytes. */
      readonly identity: Uint8Array;
      readonly mid: Uint8Array;
      readonly sealed: Uint8Array;
    }
  /** What became of an `envelope`; the server forgets it. Not answered. */
  | {
      readonly type: 'settle';
      readonly id: number;
      readonly outcome: RecipientOutcome;
    }
  /** A `settled` has come and need not come again. Not answered. */
  | { readonly type: 'confirmSettled'; readonly id: number };

/** What the server says: an answer and two pushes. */
export type MailNews =
  | {
      readonly type: 'deposited';
      readonly requestId: number;
      readonly mid: Uint8Array;
      /** As the name was first spelt. */
      readonly to: string;
      readonly durable: boolean;
    }
  /** Push: a message that was kept for the client; it comes again on each connection until it is settled. */
  | {
      readonly type: 'envelope';
      readonly id: number;
      readonly from: string;
      readonly mid: Uint8Array;
      readonly sealed: Uint8Array;
    }
  /** Push: what became of a message that the client deposited; it comes again until it is confirmed. */
  | {
      readonly type: 'settled';
      readonly id: number;
      readonly mid: Uint8Array;
      readonly to: string;
      readonly outcome: EnvelopeOutcome;
    };

const outcome = choice<EnvelopeOutcome>(['delivered', 'refused', 'expired']);
/** The longest text with all that stands around it, sealed; less than the longest message. */
const sealed: Field<Uint8Array> = block(65_000);

/** The requests' fields. */
export const mailRequests: TablesOf<MailRequest> = {
  deposit: { number: 40, fields: { requestId, to: name, identity: bytes(32), mid, sealed } },
  settle: {
    number: 41,
    fields: { id: varint, outcome: choice<RecipientOutcome>(['delivered', 'refused']) },
  },
  confirmSettled: { number: 42, fields: { id: varint } },
};

/** The fields of what the server says. */
export const mailNews: TablesOf<MailNews> = {
  deposited: { number: 40, fields: { requestId, mid, to: name, durable: flag } },
  envelope: { number: 41, fields: { id: varint, from: name, mid, sealed } },
  settled: { number: 42, fields: { id: varint, mid, to: name, outcome } },
};
