/** Which server a client means, and which key that server must have. */

import { fingerprintOf, parseServerAddress, type ServerAddress } from '../net/address.ts';
import { toHex } from '../protocol/bytes.ts';
import { ServerPin } from '../store/client-files.ts';
import type { ConnectOptions } from './options.ts';

export class ServerTrust {
  readonly address: ServerAddress;
  /** Undefined where the key was handed over or nothing outlives the process. */
  readonly #pin: ServerPin | undefined;
  #key: Uint8Array | undefined;

  /** @throws BanterError ADDRESS_INVALID, DATA_UNUSABLE */
  constructor({ server, dataDir, serverKey }: ConnectOptions) {
    this.address = parseServerAddress(server);
    const isPinned = dataDir !== undefined && serverKey === undefined;
    this.#pin = isPinned ? new ServerPin(dataDir, this.address.name) : undefined;
    this.#key = serverKey ?? this.address.key ?? this.#pin?.read();
  }

  /** The only key to accept, or undefined on first contact. 32 bytes. */
  get key(): Uint8Array | undefined {
    return this.#key;
  }

  /** The key for people; empty before first contact. */
  get fingerprint(): string {
    return this.#key === undefined ? '' : fingerprintOf(this.#key);
  }

  /** The server has proved to have this key; at first contact it is pinned. @throws BanterError DATA_UNUSABLE */
  learn(key: Uint8Array): void {
    this.#key = key;
    if (this.#pin !== undefined && this.#pin.read() === undefined) this.#pin.write(toHex(key));
  }
}
