/** When a client tries again to reach a server it has lost. Pure. */

import type { Random } from '../protocol/crypto.ts';

/** A server that restarts is back within moments, but not for all its clients in the same one. */
const firstDelayMsMax = 1000;
const delayMsMax = 15_000;

/** Full jitter over a doubling ceiling. */
export class Reconnection {
  readonly #random: Random;
  #tries = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** How long to wait before the next try. Milliseconds. */
  nextDelayMs(): number {
    const ceiling = Math.min(delayMsMax, firstDelayMsMax * 2 ** Math.min(this.#tries++, 10));
    const [high = 0, low = 0] = this.#random(2);
    return Math.floor((ceiling * (high * 256 + low)) / 65_536);
  }

  /** The server was reached. */
  reset(): void {
    this.#tries = 0;
  }
}
