/** The scripts of one runtime: made at its child's first start, and in a test world another one for each isolate. */

import type { Bundler } from './bundle.ts';
import type { Simulation } from './clock.ts';
import { type HostCode, makeHostCode, makeVirtualCode } from './host-code.ts';

/** Which isolate of which plugin. */
interface Life {
  readonly slot: number;
  readonly life: number;
}

/** Makes them once. */
export class HostCodes {
  readonly #bundler: Bundler;
  readonly #simulation: Simulation | undefined;
  #code: Promise<HostCode> | undefined;
  #bootstrap: (life: Life) => string = () => '';

  constructor(bundler: Bundler, simulation: Simulation | undefined) {
    this.#bundler = bundler;
    this.#simulation = simulation;
  }

  /** What the child is started with. */
  async make(): Promise<HostCode> {
    this.#code ??= makeHostCode(this.#bundler);
    const code = await this.#code;
    this.#bootstrap = () => code.bootstrap;
    if (this.#simulation === undefined) return code;
    const { clock, seed } = this.#simulation;
    const virtual = await makeVirtualCode(this.#bundler);
    this.#bootstrap = ({ slot, life }) =>
      virtual({ seed: seed + slot * 1000 + life, nowMs: clock.wallClockMs() }) + code.bootstrap;
    return code;
  }

  /** What is evaluated in an isolate before its plugin; empty before the child was started. */
  bootstrapOf(life: Life): string {
    return this.#bootstrap(life);
  }
}
