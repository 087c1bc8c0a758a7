/** What an endpoint tells: events of its connections, why it dropped datagrams. */

import type { Address } from './address.ts';
import type { ConnectionEvent, PacketDrop } from './connection-event.ts';
import type { HandshakeDrop } from './handshakes.ts';
import type { HandshakeFailure } from './initiator.ts';

/** Why datagrams were dropped. */
export type DropReason =
  | PacketDrop
  | HandshakeDrop
  | 'unknownConnection'
  | 'notRelayed'
  | 'tooLarge';

/** What happened; `link` is the endpoint's number for a connection, never used twice. */
export type EndpointEvent =
  | {
      readonly type: 'connected';
      readonly link: number;
      /** Whether this endpoint opened the connection. */
      readonly initiated: boolean;
      /** The peer's Ed25519 key, proved. 32 bytes. */
      readonly identity: Uint8Array;
      readonly address: Address;
    }
  | { readonly type: 'handshakeFailed'; readonly link: number; readonly failure: HandshakeFailure }
  | (ConnectionEvent & { readonly link: number });
