/** When a client tries again to reach a server it has lost. Pure. */

import type { Random } from '../protocol/crypto.ts';

/** A server that restarts is back within moments, but not for all its clients in the same one. */
const firstDelayMsMax = 1000;
const delayMsMax = 15_000;

/** A server that says it will be away for longer is looked for after this time all the same. Milliseconds. */
const announcedMsMax = 600_000;

/** Clients that were all told the same come back spread over this share of the time. */
const announcedSpread = 0.2;

/** Full jitter over a doubling ceiling, or beyond the time that the server has announced. */
export class Reconnection {
  readonly #random: Random;
  #tries = 0;
  #announcedMs: number | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The server says that it will end, and be back after this time. */
  announce(returnMs: number): void {
    this.#announcedMs = Math.min(returnMs, announcedMsMax);
  }

  /** How long the server said that it will be away, since it was reached the last time. Milliseconds. */
  get announcedMs(): number | undefined {
    return this.#announcedMs;
  }

  /** How long to wait before the next try. Milliseconds. */
  nextDelayMs(): number {
    const announcedMs = this.#tries === 0 ? (this.#announcedMs ?? 0) : 0;
    const ceiling = Math.min(delayMsMax, firstDelayMsMax * 2 ** Math.min(this.#tries++, 10));
    const [high = 0, low = 0] = this.#random(2);
    const spread = Math.max(ceiling, announcedMs * announcedSpread);
    return Math.floor(announcedMs + (spread * (high * 256 + low)) / 65_536);
  }

  /** The server was reached. */
  reset(): void {
    this.#tries = 0;
    this.#announcedMs = undefined;
  }
}
