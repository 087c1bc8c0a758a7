/** What a connection tells: events, datagrams to send, why it dropped one. */

import type { Address } from './address.ts';

/** A datagram to send, in bytes of its own. */
export interface Transmit {
  readonly to: Address;
  readonly datagram: Uint8Array;
}

/** Something happened on a connection. */
export type ConnectionEvent =
  | {
      readonly type: 'messageReceived';
      readonly conversation: number;
      readonly payload: Uint8Array;
    }
  /** The peer sent something that may be lost. */
  | { readonly type: 'datagramReceived'; readonly payload: Uint8Array }
  /** Packets go to another address from now on, which has answered a challenge. */
  | { readonly type: 'moved'; readonly address: Address }
  /** Something awaits an answer and nothing at all has come for `silenceMs`; told once per silence. */
  | { readonly type: 'silenceExceeded' }
  /** The first sign of life after `silenceExceeded`. */
  | { readonly type: 'silenceBroken' }
  /** The first acknowledgement after `ping()`. */
  | { readonly type: 'answered' }
  | {
      readonly type: 'closed';
      readonly by: 'local' | 'peer' | 'idle' | 'reset';
      readonly code: number;
      readonly reason: string;
    };

/** Why a datagram was dropped; endpoints count each. */
export type PacketDrop =
  | 'forged'
  | 'replayed'
  | 'malformed'
  | 'overfull'
  | 'ended'
  | 'wrongAddress';
