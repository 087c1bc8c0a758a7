/** The scripts of the child and of its isolates: our own modules bundled, because the child cannot read files. */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Bundler } from './bundle.ts';
import type { Simulation } from './clock.ts';
import type { VirtualStart } from './virtual.ts';

/** What the child is started with. */
export interface HostCode {
  /** A script in CommonJS that loads `isolated-vm` by its absolute path. */
  readonly script: string;
  /** Evaluated in each isolate before the plugin; its value is an `Inside`. */
  readonly bootstrap: string;
  /** All that the native dependency has to read. */
  readonly readableDirs: readonly string[];
}

/** Makes the scripts of one runtime, once, at its child's first start. */
export class HostCodeSource {
  readonly #bundler: Bundler;
  readonly #simulation: Simulation | undefined;
  #code: Promise<HostCode> | undefined;
  #bootstrap: (plugin: BootedPlugin) => string = () => '';

  constructor(bundler: Bundler, simulation: Simulation | undefined) {
    this.#bundler = bundler;
    this.#simulation = simulation;
  }

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

  /** What is evaluated in a plugin's isolate before it; nothing before the scripts were made. */
  bootstrapOf(plugin: BootedPlugin): string {
    return this.#bootstrap(plugin);
  }
}

/** What tells the lives of plugins apart. */
interface BootedPlugin {
  readonly slot: number;
  readonly life: number;
}

/** What replaces clock and chance in the isolates of a test world, as a function of its beginning. */
async function makeVirtualCode(bundler: Bundler): Promise<(start: VirtualStart) => string> {
  const code = await bundler.bundleOwn('virtual', {
    format: 'iife',
    platform: 'neutral',
    globalName: 'virtual',
    banner: { js: '(function (start) {' },
    footer: { js: 'virtual.virtualize(start);\n})' },
  });
  return (start) => `${code.trimEnd()}(${JSON.stringify(start)});\n`;
}

async function makeHostCode(bundler: Bundler): Promise<HostCode> {
  const native = createRequire(import.meta.url).resolve('isolated-vm');
  const loader = createRequire(native).resolve('node-gyp-build');
  const script = await bundler.bundleOwn('host', {
    format: 'cjs',
    platform: 'node',
    alias: { 'isolated-vm': native },
    external: [native],
  });
  const bootstrap = await bundler.bundleOwn('bootstrap', {
    format: 'iife',
    platform: 'neutral',
    globalName: 'inside',
    banner: { js: '(function () {' },
    footer: { js: 'return inside.boot();\n})()' },
  });
  return { script, bootstrap, readableDirs: [dirname(native), dirname(loader)] };
}
