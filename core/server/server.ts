/** The server: a hub on a socket, its identity and table of names kept in a folder. */

import { EventEmitter } from 'node:events';
import type { Address, Policy } from '../chat/types.ts';
import type { ServerFact } from './facts.ts';

/** How to serve. */
export interface ServerOptions {
  /** UDP port; 0 for any free one. Default 6666. */
  readonly port?: number;
  /** Address to bind. Default `::` (IPv6 and IPv4); falls back to `0.0.0.0` where there is no IPv6. */
  readonly host?: string;
  /** Folder of the server's identity and of its names ↔ keys (files of mode 0600). Without it both live as long as the process. */
  readonly dataDir?: string;
  /** What clients may do. Default: `defaultPolicy`. */
  readonly policy?: Partial<Policy>;
}

/** Emits `fact` for everything that happened. */
export class Server extends EventEmitter<{ fact: [fact: ServerFact] }> {
  /** Binds and serves. @throws BanterError PORT_IN_USE, OPTION_INVALID, DATA_UNUSABLE */
  static start(_options: ServerOptions): Promise<Server> {
    throw new Error('under construction');
  }

  /** Where it listens. */
  declare readonly address: Address;
  /** Its Ed25519 identity, 32 bytes; an embedding program hands it to its clients. */
  declare readonly key: Uint8Array;
  /** The same for people: what follows `#` in a server's address. */
  declare readonly fingerprint: string;

  /** Tells every client, frees the socket. Idempotent. */
  close(): Promise<void> {
    throw new Error('under construction');
  }

  [Symbol.asyncDispose](): Promise<void> {
    throw new Error('under construction');
  }
}
