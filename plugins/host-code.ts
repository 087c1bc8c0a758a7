/** The scripts of the child and of its isolates: our own modules bundled, because the child cannot read files. */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Bundler } from './bundle.ts';
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

/** What replaces clock and chance in the isolates of a test world, as a function of its beginning. */
export async function makeVirtualCode(bundler: Bundler): Promise<(start: VirtualStart) => string> {
  const code = await bundler.bundleOwn('virtual', {
    format: 'iife',
    platform: 'neutral',
    globalName: 'virtual',
    banner: { js: '(function (start) {' },
    footer: { js: 'virtual.virtualize(start);\n})' },
  });
  return (start) => `${code.trimEnd()}(${JSON.stringify(start)});\n`;
}

/** Makes the scripts; once for each runtime, at its child's first start. */
export async function makeHostCode(bundler: Bundler): Promise<HostCode> {
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
