/** Tries again what failed for a reason that passes, with growing pauses. */

import { setTimeout as pause } from 'node:timers/promises';
import { BanterError, type ErrorCode } from '../core/client-api.ts';

const firstPauseMs = 1000;
const pauseMsMax = 30_000;

/** What is gone by itself after a while: the server or the network is away, busy or full. */
const passingCodes: ReadonlySet<ErrorCode> = new Set([
  'SERVER_UNREACHABLE',
  'CONNECTION_LOST',
  'SERVER_FULL',
  'STORE_FULL',
  'RATE_LIMITED',
  'OUTCOME_UNKNOWN',
  'TIMED_OUT',
]);

/**
 * The pause after so many tries: half to all of a ceiling that doubles from 1 to 30 s; `random` is from 0 to 1. It comes
 * after the `askedMs` that a server said are in vain.
 */
export function pauseMs(tries: number, random: number, askedMs: number): number {
  const ceiling = Math.min(pauseMsMax, firstPauseMs * 2 ** Math.min(tries, 10));
  return askedMs + ceiling * (0.5 + random / 2);
}

/** Insists until it works, it is hopeless, or `signal` fires. */
export class Patience {
  readonly #signal: AbortSignal;
  readonly #onFailure: (words: string) => void;

  constructor(signal: AbortSignal, onFailure: (words: string) => void) {
    this.#signal = signal;
    this.#onFailure = onFailure;
  }

  /**
   * Calls `attempt` until it succeeds, pausing 1 to 30 s in between, longer where the server asks for it, and somewhat
   * randomly so that many do not come at once.
   * Rejects with an error that does not pass, and with that of the pause when the signal fires.
   */
  async insist<Value>(attempt: () => Promise<Value>): Promise<Value> {
    for (let tries = 0; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (!isPassing(error)) throw error;
        const ms = pauseMs(tries, Math.random(), askedMs(error));
        this.#onFailure(`${error.message}; trying again in ${(ms / 1000).toFixed(1)} s`);
        await pause(ms, undefined, { signal: this.#signal });
      }
    }
  }
}

/** How long a server asked to wait; 0 where it has not said. */
function askedMs({ data: { retryMs } }: BanterError): number {
  return typeof retryMs === 'number' ? retryMs : 0;
}

/** Whether to try again is likely to help. */
function isPassing(error: unknown): error is BanterError {
  return error instanceof BanterError && (passingCodes.has(error.code) || isLookupFailure(error));
}

/** A host that cannot be looked up at the moment: the network is not up yet. */
function isLookupFailure({ cause }: BanterError): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'EAI_AGAIN';
}
