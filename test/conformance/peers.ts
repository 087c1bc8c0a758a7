/** Private messages (docs/PROTOCOL.md §9): connections to other clients and what goes over them. */

import { clientToClient, type Entry, type Of, type PeerMessage } from './chat.ts';
import type { Connection } from './connection.ts';
import type { Address } from './handshake.ts';
import { decoded, encoded, hex } from './notation.ts';

type PrivateMessage = Of<PeerMessage, 'privateMessage'>;

/** What this part needs of the client. */
export interface Surroundings {
  readonly me: string;
  /** The directory's entry of a name. */
  find(name: string): Promise<Entry>;
  connect(entry: Entry, way: 'relayed' | 'direct'): Promise<Connection>;
  nextMid(): Uint8Array;
  received(message: PrivateMessage, over: Address): void;
}

export class Peers {
  readonly #surroundings: Surroundings;
  /** By identity. */
  readonly #connections = new Map<string, Connection>();
  readonly #unconfirmed = new Map<string, () => void>();
  /** The last counter of each identity and process. */
  readonly #counters = new Map<string, string>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  connectionOf({ identity }: Entry): Connection | undefined {
    return this.#connections.get(hex(identity));
  }

  /** Resolves when the peer has shown or stored the message. */
  async send(to: string, text: string, way: 'relayed' | 'direct'): Promise<void> {
    const { find, connect, nextMid, me } = this.#surroundings;
    const entry = await find(to);
    const connection = this.connectionOf(entry) ?? (await connect(entry, way));
    this.#connections.set(hex(entry.identity), connection);
    const mid = nextMid();
    const confirmed = new Promise<void>((resolve) => this.#unconfirmed.set(hex(mid), resolve));
    const sentAtMs = Date.now();
    say(connection, { type: 'privateMessage', mid, from: me, hops: 0, bot: false, sentAtMs, text });
    await confirmed;
  }

  /** Takes a message of a peer's connection. */
  receive(connection: Connection, bytes: Uint8Array): void {
    this.#connections.set(hex(connection.established.peer), connection);
    const message = decoded(clientToClient, bytes);
    // Of whom the directory does not know nothing is shown, and so nothing confirmed.
    if (message.type === 'privateMessage') this.#take(connection, message).catch(() => {});
    if (message.type !== 'privateReceived') return;
    this.#unconfirmed.get(hex(message.mid))?.();
    this.#unconfirmed.delete(hex(message.mid));
  }

  closed({ established }: Connection): void {
    this.#connections.delete(hex(established.peer));
  }

  /** Ends all connections. */
  close(): void {
    for (const connection of [...this.#connections.values()]) {
      connection.close(0, 'done', performance.now());
    }
  }

  /** Shows a message if it is of whom it says, then confirms it. */
  async #take(connection: Connection, message: PrivateMessage): Promise<void> {
    const { peer } = connection.established;
    const { identity } = await this.#surroundings.find(message.from);
    if (hex(identity) !== hex(peer)) return;
    const process = `${hex(peer)} ${hex(message.mid.subarray(0, 8))}`;
    const counter = hex(message.mid.subarray(8));
    if (counter > (this.#counters.get(process) ?? '')) {
      this.#counters.set(process, counter);
      this.#surroundings.received(message, connection.address);
    }
    say(connection, { type: 'privateReceived', mid: message.mid });
  }
}

function say(connection: Connection, message: PeerMessage): void {
  connection.send(0, encoded(clientToClient, message));
  connection.tick(performance.now());
}
