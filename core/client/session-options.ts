/** What a session is made of, and what it tells the client around it. */

import type { Mirror } from '../chat/mirror.ts';
import type { ServerMessage } from '../chat/wire.ts';
import type { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import type { Address } from '../protocol/address.ts';
import type { Endpoint } from '../protocol/endpoint.ts';
import type { ConnectionTiming } from '../protocol/liveness.ts';
import type { Memberships } from './memberships.ts';
import type { Answer, AnswerOf } from './requests.ts';

type Welcome = AnswerOf<'welcome'>;

/** Messages the server sends by itself, with the conversation they came on. */
export type Push = Exclude<
  ServerMessage,
  { readonly requestId: number } | { readonly type: 'restarting' }
>;

/** What a session tells the client around it. */
export interface SessionListener {
  /** The handshake proved this key; nothing was registered yet. A BanterError that it throws ends the session. */
  readonly onServerKey: (key: Uint8Array) => void;
  /** Registered; `first` the first time. */
  readonly onWelcome: (welcome: Welcome, first: boolean) => void;
  /** The server made this client a member; told before whoever asked for it hears. */
  readonly onJoined: (joined: Extract<Answer, { readonly type: 'joined' }>) => void;
  /**
   * An answer says that this client is no member, because it left or was removed; told before whoever asked hears, and
   * so before an answer that makes it a member again.
   */
  readonly onLeft: (group: string) => void;
  readonly onPush: (push: Push, conversation: number) => void;
  /** @param returnMs after which time the server said it would be back */
  readonly onLost: (reason: string, returnMs: number | undefined) => void;
  /** The session is over. */
  readonly onEnd: (error: BanterError) => void;
}

export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly environment: Environment;
  /** Called after the endpoint was given something to do. */
  readonly wake: () => void;
  readonly listener: SessionListener;
  /** The server has relayed a datagram of a peer. */
  readonly onRelayed: (payload: Uint8Array) => void;
  readonly server: Address;
  /** As the person wrote it, for messages. */
  readonly serverName: string;
  readonly name: string;
  readonly bot: boolean;
  readonly auxiliary: boolean;
  readonly takeOver: boolean;
  readonly relayOnly: boolean;
  /** Shown before the first registration. 16 bytes. */
  readonly invitation: Uint8Array | undefined;
  readonly reconnect: boolean;
  readonly timing: ConnectionTiming & { readonly keepaliveMs: number };
  /** Whether the server's policy replaces `timing.silenceMs`. */
  readonly followsPolicy: boolean;
  /** How long one attempt to connect may take. Milliseconds. */
  readonly connectTimeoutMs: number;
  readonly mirror: Mirror;
  readonly memberships: Memberships;
}
