/** The scripts of the child and of its isolates: our own modules bundled, because the child cannot read files. */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Bundler } from './bundle.ts';
import type { Simulation } from './clock.ts';
import type { VirtualStart } from './virtual.ts';

/** What the child is started with. */
export interface HostCode {
  /** In CommonJS; it loads `isolated-vm` by its absolute path, and nothing else. */
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

/** Makes all scripts there can be. */
export async function makeAllScripts(bundler: Bundler): Promise<void> {
  await Promise.all([hostScript(bundler), bootstrapScript(bundler), virtualScript(bundler)]);
}

/** What tells the lives of plugins apart. */
interface BootedPlugin {
  readonly slot: number;
  readonly life: number;
}

/** What replaces clock and chance in the isolates of a test world, as a function of its beginning. */
async function makeVirtualCode(bundler: Bundler): Promise<(start: VirtualStart) => string> {
  const code = await virtualScript(bundler);
  return (start) => `${code.trimEnd()}(${JSON.stringify(start)});\n`;
}

async function makeHostCode(bundler: Bundler): Promise<HostCode> {
  const native = createRequire(import.meta.url).resolve('isolated-vm');
  const loader = createRequire(native).resolve('node-gyp-build');
  const [host, bootstrap] = await Promise.all([hostScript(bundler), bootstrapScript(bundler)]);
  // Only this process can tell where the native dependency is.
  const script = `${host.trimEnd()}(() => require(${JSON.stringify(native)}));\n`;
  return { script, bootstrap, readableDirs: [dirname(native), dirname(loader)] };
}

/** What runs in the child, as a function of what it has for `require`: it asks for `isolated-vm` only. */
function hostScript(bundler: Bundler): Promise<string> {
  return bundler.bundleOwn('host', {
    format: 'cjs',
    platform: 'node',
    external: ['isolated-vm'],
    banner: { js: '(function (require) {' },
    footer: { js: '})' },
  });
}

/** What runs in each isolate before its plugin. */
function bootstrapScript(bundler: Bundler): Promise<string> {
  return bundler.bundleOwn('bootstrap', {
    format: 'iife',
    platform: 'neutral',
    globalName: 'inside',
    banner: { js: '(function () {' },
    footer: { js: 'return inside.boot();\n})()' },
  });
}

/** What replaces clock and chance, as a function of its beginning. */
function virtualScript(bundler: Bundler): Promise<string> {
  return bundler.bundleOwn('virtual', {
    format: 'iife',
    platform: 'neutral',
    globalName: 'virtual',
    banner: { js: '(function (start) {' },
    footer: { js: 'virtual.virtualize(start);\n})' },
  });
}
