/** A client of one server under one name: what the REPL, scripts and bots are made of. */

import { EventEmitter } from 'node:events';
import type { Committed, Delivered, DirectoryEntry, Policy } from '../chat/types.ts';
import type { ClientEvents } from './events.ts';

/** How to connect. */
export interface ConnectOptions {
  /** The name to speak under; see the rule in `core/chat/names.ts`. */
  readonly name: string;
  /** `host`, `host:port`, `[ipv6]:port`, each optionally with `#fingerprint` that pins the server's key beforehand. Default port 6666. */
  readonly server: string;
  /** Folder for identities, pinned keys and the journal of private messages; made with mode 0700. Without it nothing outlives the process. */
  readonly dataDir?: string;
  /** The server's identity where it is known for sure (an embedded server hands it over); nothing is pinned then. 32 bytes. */
  readonly serverKey?: Uint8Array;
  /** Local UDP port, 0 (default) for any. */
  readonly localPort?: number;
  /** Register as a bot: its messages carry the bot flag. Default false. */
  readonly bot?: boolean;
  /** A one-shot connection beside the present client of the same name: no presence, no deliveries. Default false. */
  readonly auxiliary?: boolean;
  /** Take the name's presence over from another process of the same identity. Default false. */
  readonly takeOver?: boolean;
  /** Whether to come back after a loss of the server. Default true. */
  readonly reconnect?: boolean;
  /** Show and send private messages inside groups whatever the server's policy: a bot has no screen to hold them back for. Default: the policy. */
  readonly privateInGroup?: boolean;
  /** Milliseconds of silence after which the server or a peer counts as gone. Default: the policy's. */
  readonly silenceMs?: number;
  /** Cancels the attempt to connect. */
  readonly signal?: AbortSignal;
}

/** What can be said beside the text. */
export interface SendOptions {
  /** Cancels waiting; the message may still arrive. */
  readonly signal?: AbortSignal;
  /** Hops of the message this one answers plus one, 0 to 7; bots set it, people send 0. */
  readonly hops?: number;
}

/**
 * Emits {@link ClientEvents}. Every method that talks to the server or a peer rejects with a `BanterError`:
 * a refusal of the server with its code, `CONNECTION_LOST` while the server is away, `CLOSED` after `close()`,
 * `ABORTED` when the signal fired, `OUTCOME_UNKNOWN` when a send's fate cannot be known.
 */
export class Client extends EventEmitter<ClientEvents> {
  /**
   * Registers `options.name` and resolves once the server has welcomed it and the directory is complete.
   * @throws BanterError SERVER_UNREACHABLE, SERVER_KEY_CHANGED, NAME_INVALID, NAME_TAKEN, NAME_PRESENT, ADDRESS_TAKEN, ADDRESS_INVALID, PORT_IN_USE, DATA_UNUSABLE, VERSION_UNSUPPORTED
   */
  static connect(_options: ConnectOptions): Promise<Client> {
    throw new Error('under construction');
  }

  /** The name this client speaks under. */
  declare readonly name: string;
  /** What the server allows. */
  declare readonly policy: Policy;
  /** The server's identity in the form that `#fingerprint` takes. */
  declare readonly serverFingerprint: string;
  /** The local UDP port. */
  declare readonly localPort: number;
  /** Whether the server answers at present. */
  declare readonly connected: boolean;
  /** Everybody the server told of, by name; the client's own entry included. */
  declare readonly directory: ReadonlyMap<string, DirectoryEntry>;
  /** The groups this client is a member of, oldest membership first. */
  declare readonly groups: readonly string[];

  /** Sends a private message, client to client; resolves when the peer's client has it. @throws BanterError USER_UNKNOWN, NOT_WHILE_IN_GROUP, PEER_UNREACHABLE, PEER_KEY_CHANGED, MESSAGE_TOO_LONG */
  send(_to: string, _text: string, _options?: SendOptions): Promise<Delivered> {
    throw new Error('under construction');
  }

  /** Sends to a group this client is in; resolves when the server has given the message its place. @throws BanterError NOT_MEMBER, REMOVED_FROM_GROUP, MESSAGE_TOO_LONG, RATE_LIMITED, TOO_MANY_HOPS, OUTCOME_UNKNOWN */
  sendGroup(_group: string, _text: string, _options?: SendOptions): Promise<Committed> {
    throw new Error('under construction');
  }

  /** Creates a group without joining it. @throws BanterError GROUP_EXISTS, GROUP_NAME_INVALID, SERVER_FULL */
  createGroup(_group: string): Promise<void> {
    throw new Error('under construction');
  }

  /** The names of all groups, sorted. */
  listGroups(): Promise<readonly string[]> {
    throw new Error('under construction');
  }

  /** Becomes a member. @throws BanterError GROUP_UNKNOWN, GROUP_LIMIT, ALREADY_MEMBER */
  joinGroup(_group: string): Promise<void> {
    throw new Error('under construction');
  }

  /** Ends the membership; private messages held back are told as events before this resolves. @throws BanterError NOT_MEMBER, REMOVED_FROM_GROUP */
  leaveGroup(_group: string): Promise<void> {
    throw new Error('under construction');
  }

  /** The members of a group this client is in, in the order in which they joined. @throws BanterError NOT_MEMBER, REMOVED_FROM_GROUP */
  listMembers(_group: string): Promise<readonly string[]> {
    throw new Error('under construction');
  }

  /** Tells the server that `name` did not answer; the server looks for itself. @throws BanterError USER_UNKNOWN */
  reportUnanswered(_name: string): Promise<void> {
    throw new Error('under construction');
  }

  /** De-registers (false when the server did not answer within `silenceMs`), tells what was held back, frees the socket. Idempotent; never rejects. */
  close(): Promise<boolean> {
    throw new Error('under construction');
  }

  [Symbol.asyncDispose](): Promise<void> {
    throw new Error('under construction');
  }
}
