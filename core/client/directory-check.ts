/** Has the server compare its directory with the mirror when that has not changed for a while. */

import type { Mirror } from '../chat/mirror.ts';
import type { ClientMessage } from '../chat/wire.ts';
import type { Environment } from '../net/transport.ts';

/** The check goes out a little before a PING would, and stands in for it. */
const shareOfKeepalive = 0.95;

export interface DirectoryCheckOptions {
  readonly environment: Environment;
  readonly mirror: Mirror;
  readonly tell: (message: ClientMessage) => void;
}

export class DirectoryCheck {
  readonly #options: DirectoryCheckOptions;
  #cancelTimer: (() => void) | undefined;

  constructor(options: DirectoryCheckOptions) {
    this.#options = options;
  }

  /** Checks from now on, each time the directory has stayed the same for the length of a keepalive. Milliseconds. */
  start(keepaliveMs: number): void {
    this.stop();
    const { environment, mirror } = this.#options;
    const { version } = mirror;
    this.#cancelTimer = environment.setTimer(() => {
      // While it changes, what the server knows may be on its way.
      if (mirror.version === version) this.#check();
      this.start(keepaliveMs);
    }, keepaliveMs * shareOfKeepalive);
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #check(): void {
    const { mirror, tell } = this.#options;
    if (!mirror.isWhole || !mirror.isComplete) return;
    tell({ type: 'directoryCheck', version: mirror.version, hash: mirror.hash });
  }
}
