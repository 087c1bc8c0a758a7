/** What a client can be told: how to connect, what to say beside a text. */

import { checkName } from '../chat/names.ts';
import { hopsMax } from '../chat/wire-fields.ts';
import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import {
  aNumber,
  anObject,
  aPort,
  aText,
  checkOptions,
  type Shape,
  someBytes,
  yesOrNo,
} from '../options.ts';

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
  /** Reach peers over the server's relay only, so that they do not learn this client's address. Default false. */
  readonly relayOnly?: boolean;
  /** What an operator of the server gave, 32 hex digits: needed once, before a closed server knows this client's key. */
  readonly invitation?: string;
  /** Whether to come back after a loss of the server. Default true. */
  readonly reconnect?: boolean;
  /** Show and send private messages inside groups whatever the server's policy: a bot has no screen to hold them back for. Default: the policy. */
  readonly privateInGroup?: boolean;
  /** Milliseconds of silence after which the server or a peer counts as gone. Default: the policy's. */
  readonly silenceMs?: number;
  /** Cancels the attempt to connect. */
  readonly signal?: AbortSignal;
  /** Clock and network; a test brings a simulated one. */
  readonly environment?: Environment;
}

const shape: Shape<ConnectOptions> = {
  name: aText,
  server: aText,
  dataDir: aText,
  serverKey: someBytes(32),
  localPort: aPort,
  bot: yesOrNo,
  auxiliary: yesOrNo,
  takeOver: yesOrNo,
  relayOnly: yesOrNo,
  invitation: (value) =>
    typeof value === 'string' && /^[0-9a-f]{32}$/i.test(value) ? undefined : '32 hex digits',
  reconnect: yesOrNo,
  privateInGroup: yesOrNo,
  silenceMs: aNumber(1, 86_400_000),
  signal: anObject,
  environment: anObject,
};

/** @throws BanterError OPTION_INVALID for what is no option of `Client.connect`, and NAME_INVALID */
export function checkConnectOptions(options: ConnectOptions): void {
  checkOptions(options, shape, 'Client.connect');
  const fault = checkName(options.name);
  if (fault === undefined) return;
  throw new BanterError('NAME_INVALID', `the name "${options.name}" ${fault}`);
}

/** What can be said beside the text. */
export interface SendOptions {
  /** Cancels waiting; the message may still arrive. */
  readonly signal?: AbortSignal;
  /** Hops of the message this one answers plus one, 0 to 7; bots set it, people send 0. */
  readonly hops?: number;
  /** Whether the server may keep a private message, sealed, for somebody absent. Default true; there is no forward secrecy then. */
  readonly store?: boolean;
  /** Which part of the program sends, such as the id of a plugin: for an interceptor, nobody else is told. Default: its owner. */
  readonly origin?: string;
  /**
   * Told the mid of a message to a group, and awaited, before it is sent: whoever has written it down finds out after a
   * crash, by the history, whether it was. What it throws, the send rejects with, and nothing is sent.
   */
  readonly onPrepared?: (mid: string) => Promise<void>;
}

/** Which users to list. */
export interface ListUsersOptions {
  /** How their names begin, in whatever case. Default: anyhow. */
  readonly prefix?: string;
  /** How many at most. Default: all, which a large server tells 200 at a time. */
  readonly limit?: number;
  /** Cancels waiting. */
  readonly signal?: AbortSignal;
}

/** Which messages of a group to read. */
export interface HistoryOptions {
  /** How many at most, from 1 to 10,000. Default 50. */
  readonly limit?: number;
  /** Only those before the message of this number (`seq`). Default: all. */
  readonly before?: number;
  /** Cancels waiting. */
  readonly signal?: AbortSignal;
}

/** The most text a message holds, as UTF-8. Bytes. */
const textBytesMax = 60_000;

/** The hops of a message that may be sent. @throws BanterError MESSAGE_TOO_LONG, TOO_MANY_HOPS, OPTION_INVALID */
export function checkedHops(text: string, options: SendOptions): number {
  const bytes = Buffer.byteLength(text);
  if (bytes > textBytesMax) {
    throw new BanterError(
      'MESSAGE_TOO_LONG',
      `the message has ${bytes} bytes, ${bytes - textBytesMax} more than fit`,
    );
  }
  const { hops = 0 } = options;
  if (!Number.isInteger(hops) || hops < 0) {
    throw new BanterError('OPTION_INVALID', `hops must be a whole number from 0, not ${hops}`);
  }
  if (hops > hopsMax) {
    throw new BanterError('TOO_MANY_HOPS', `the message has passed ${hops} bots already`);
  }
  return hops;
}
