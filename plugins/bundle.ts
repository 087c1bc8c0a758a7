/** Turns the files of a plugin into one script for an isolate, and keeps the bundler from reading anything else. */

import { realpath, stat } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { BuildFailure, BuildOptions, BuildResult, Message } from 'esbuild';
import { BanterError } from '../core/error-api.ts';
import { jail, noting } from './jail.ts';
import { areUnchanged, type Built, KeptScripts, sibling } from './kept-scripts.ts';

/** A plugin as one script. */
export interface Bundle {
  /** The file it was made from, for people. */
  readonly file: string;
  readonly code: string;
  /** The author's files that went into it, by absolute path; the first is that which exports the plugin. */
  readonly files: readonly string[];
  /** Where a line and column of the script stands in the author's files: `hello.ts:3:9`, or undefined for what is not theirs. */
  locate(line: number, column: number): string | undefined;
}

interface CachedBundle {
  readonly bundle: Bundle;
  /** Every file that went in, with the hash of what it contained. */
  readonly inputs: ReadonlyMap<string, string>;
}

/** Modules of ours that run elsewhere than in the chat's process. */
type OwnModule = 'host' | 'bootstrap' | 'virtual';

/** Where the plugins are that come with Banter. */
const builtinFolder = join(import.meta.dirname, 'builtin');

const cachedBundlesMax = 100;

/** What bundling may take. */
export interface BundleLimits {
  /** Bytes of all files of one plugin; what has more is refused. */
  readonly bytesMax: number;
  /** Milliseconds for one bundle; then the bundler is ended and the plugin refused. */
  readonly buildMs: number;
}

/** The limits where nothing else is said: a busy machine needs a second, and a large package a megabyte. */
const bundleLimits: BundleLimits = { bytesMax: 8_388_608, buildMs: 20_000 };

/** Loads esbuild at the first bundle, so that a client without plugins does not pay for it. */
export class Bundler {
  /** Builds under way in this process, and who expects more: they share one service, and who stops it stops it for all. */
  static #users = 0;
  static #stop: (() => Promise<void>) | undefined;
  static readonly #own = new Map<OwnModule, Promise<string>>();
  readonly #limits: BundleLimits;
  readonly #kept: KeptScripts;
  readonly #cache = new Map<string, CachedBundle>();
  #last: Promise<unknown> = Promise.resolve();

  /** `kept` has what was bundled of Banter's own files before. */
  constructor(limits: BundleLimits = bundleLimits, kept: KeptScripts = new KeptScripts()) {
    this.#limits = limits;
    this.#kept = kept;
  }

  /** Keeps the service until it is disposed of, for who bundles again soon: its start takes longer than a build. */
  static keepService(): Disposable {
    Bundler.#users += 1;
    let isKept = true;
    return {
      [Symbol.dispose](): void {
        if (isKept) void Bundler.#leave();
        isKept = false;
      },
    };
  }

  /** The service process ends with its last user, so that nothing of it stays in memory. */
  static async #leave(): Promise<void> {
    Bundler.#users -= 1;
    if (Bundler.#users === 0) await Bundler.#stop?.();
  }

  /**
   * Bundles a plugin's file with what it imports from its own folder. With `sha512` the bytes that went in must be those.
   * @throws BanterError PLUGIN_INVALID with file, line and column; PLUGIN_CHANGED
   */
  async bundle(file: string, sha512?: string): Promise<Bundle> {
    const entry = await realpath(file).catch((cause: unknown) => {
      if (sha512 !== undefined) throw changed(file);
      throw absent(file, cause);
    });
    const cached = this.#cache.get(entry);
    if (cached !== undefined && (await areUnchanged(cached.inputs))) {
      checkIntegrity(entry, cached.inputs, sha512);
      return cached.bundle;
    }
    const inputs = new Map<string, string>();
    const made = await this.#bundlePlugin(entry, inputs).finally(() =>
      // What was read is judged, not what lies there by now; and before what the bundler thinks of it.
      checkIntegrity(entry, inputs, sha512),
    );
    this.#cache.delete(entry);
    this.#cache.set(entry, made);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= cachedBundlesMax) break;
      this.#cache.delete(oldest);
    }
    return made.bundle;
  }

  /**
   * Bundles one of our own modules, which is the same for every runtime of a process: what runs in the child, and what
   * runs in the isolates before the plugin.
   */
  bundleOwn(name: OwnModule, options: BuildOptions): Promise<string> {
    const bundled = Bundler.#own.get(name) ?? this.#bundleOwn(name, options);
    Bundler.#own.set(name, bundled);
    return bundled;
  }

  async #bundleOwn(name: OwnModule, options: BuildOptions): Promise<string> {
    try {
      const { texts } = await this.#kept.find(name, JSON.stringify(options), async () => {
        const inputs = new Map<string, string>();
        const entryPoints = [sibling(name)];
        const plugins = [noting(inputs)];
        const { outputFiles } = await this.#build({ entryPoints, ...options, plugins });
        return { texts: outputFiles.map(({ text }) => text), inputs };
      });
      return texts[0] ?? '';
    } catch (error) {
      Bundler.#own.delete(name);
      throw error;
    }
  }

  /**
   * Makes one module of a plugin, of which only the SDK is left to import; a map to the author's lines is in it.
   * `path` is a file, or a folder whose package.json names it as `main`.
   * @throws BanterError PLUGIN_INVALID with file, line and column
   */
  async bundleModule(path: string): Promise<string> {
    const entry = await realpath(path).catch((cause: unknown) => {
      throw absent(path, cause);
    });
    const contents = `export { default } from ${JSON.stringify(entry)};`;
    const root = await rootOf(entry);
    const made = this.#build({
      ...pluginOptions(root, contents),
      format: 'esm',
      sourcemap: 'inline',
      plugins: [jail(root, new Map(), this.#limits.bytesMax, { keepsSdk: true })],
    });
    const { outputFiles } = await made.catch((cause: unknown) => {
      throw this.#failure(entry, cause);
    });
    return outputFiles[0]?.text ?? '';
  }

  async #bundlePlugin(entry: string, inputs: Map<string, string>): Promise<CachedBundle> {
    const root = await rootOf(entry);
    const build = (): Promise<Built> => this.#buildPlugin(root, entry, inputs);
    // What comes with Banter changes with it only; what does not, nobody else should keep.
    const built = await (root === builtinFolder
      ? this.#kept.find(basename(entry), 'plugin', build)
      : build());
    const [script = '', map = ''] = built.texts;
    // The name under which the script's lines appear in stacks.
    const code = `${script}\n//# sourceURL=plugin.js`;
    const files = [...built.inputs.keys()].filter((path) => path.startsWith(root + sep));
    const bundle = { file: basename(entry), code, files, locate: locator(map, root) };
    return { bundle, inputs: built.inputs };
  }

  /** The script and its map. */
  async #buildPlugin(root: string, entry: string, inputs: Map<string, string>): Promise<Built> {
    const contents = `import plugin from ${JSON.stringify(entry)}; banterPlugin(plugin);`;
    try {
      const { outputFiles } = await this.#build({
        ...pluginOptions(root, contents),
        format: 'iife',
        sourcemap: 'external',
        plugins: [jail(root, inputs, this.#limits.bytesMax)],
      });
      const text = (suffix: string): string =>
        outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? '';
      return { texts: [text('plugin.js'), text('.js.map')], inputs };
    } catch (cause) {
      throw this.#failure(entry, cause);
    }
  }

  #failure(entry: string, cause: unknown): BanterError {
    if (isBuildFailure(cause)) return invalid(cause, entry);
    const seconds = this.#limits.buildMs / 1000;
    const problem = `${basename(entry)}: breaks the bundler, or takes it more than ${seconds} s`;
    return new BanterError('PLUGIN_INVALID', problem, { cause });
  }

  /** One build at a time. */
  #build(options: BuildOptions): Promise<BuildResult<{ write: false }>> {
    const next = this.#last.then(async () => {
      const { build, stop } = await import('esbuild');
      Bundler.#stop = stop;
      const complete: BuildOptions & { readonly write: false } = {
        ...options,
        bundle: true,
        write: false,
        target: 'es2024',
        charset: 'utf8',
        legalComments: 'none',
        logLevel: 'silent',
        // The author's tsconfig could name files anywhere.
        tsconfigRaw: '{}',
      };
      const late = Promise.withResolvers<never>();
      let isLate = false;
      const deadline = setTimeout(() => {
        isLate = true;
        // Whoever else builds with the same service loses it, too, and fails at its own deadline at the latest.
        void stop();
        late.reject(new Error(`took more than ${this.#limits.buildMs} ms`));
      }, this.#limits.buildMs);
      Bundler.#users += 1;
      try {
        const built = build(complete).catch((error: unknown) => {
          if (isBuildFailure(error) || isLate) throw error;
          // The service has died, which another build may have caused.
          return build(complete);
        });
        return await Promise.race([built, late.promise]);
      } finally {
        clearTimeout(deadline);
        await Bundler.#leave();
      }
    });
    this.#last = next.catch(() => undefined);
    return next;
  }
}

/** Of a folder that is named itself, its parent is none of its business. */
async function rootOf(entry: string): Promise<string> {
  return (await stat(entry)).isDirectory() ? entry : dirname(entry);
}

function pluginOptions(root: string, contents: string): BuildOptions {
  return {
    stdin: { contents, resolveDir: root },
    absWorkingDir: root,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import'],
    sourcesContent: false,
    outfile: join(root, 'plugin.js'),
  };
}

function absent(file: string, cause: unknown): BanterError {
  return new BanterError('PLUGIN_INVALID', `there is no plugin at ${file}`, { cause });
}

function checkIntegrity(
  entry: string,
  inputs: ReadonlyMap<string, string>,
  sha512: string | undefined,
): void {
  if (sha512 !== undefined && inputs.get(entry) !== sha512) throw changed(entry);
}

function changed(file: string): BanterError {
  return new BanterError('PLUGIN_CHANGED', `${file} is not the file that was installed`, {
    data: { path: file },
  });
}

function locator(map: string, root: string): Bundle['locate'] {
  const sourceMap = new SourceMap(JSON.parse(map));
  return (line, column) => {
    const origin = sourceMap.findOrigin(line, column);
    if (!('fileName' in origin) || origin.fileName === undefined) {
      return undefined;
    }
    const path = relative(root, resolve(root, origin.fileName));
    return path.startsWith('..')
      ? undefined
      : `${path}:${origin.lineNumber}:${origin.columnNumber}`;
  };
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

const absentPackage =
  'what a plugin imports is in the node_modules of its folder ("npm install" there), or its author makes one file of all ("banter plugin pack")';

function invalid(failure: BuildFailure, entry: string): BanterError {
  const first: Message | undefined = failure.errors[0];
  const place = first?.location ?? undefined;
  if (first === undefined || place === undefined) {
    return new BanterError(
      'PLUGIN_INVALID',
      `${basename(entry)}: ${first?.text ?? failure.message}`,
      { cause: failure },
    );
  }
  if (place.file === '<stdin>') {
    const problem = first.text.startsWith('No matching export')
      ? 'has no default export; write `export default definePlugin({ … })`'
      : first.text;
    return new BanterError('PLUGIN_INVALID', `${basename(entry)}: ${problem}`, { cause: failure });
  }
  const { file, line } = place;
  const column = place.column + 1;
  const text = /^Could not resolve "[^./]/.test(first.text)
    ? `${first.text}; ${absentPackage}`
    : first.text;
  return new BanterError('PLUGIN_INVALID', `${file}:${line}:${column}: ${text}`, {
    cause: failure,
    data: { file, line, column },
  });
}
