/** Turns the files of a plugin into one script for an isolate, and keeps the bundler from reading anything else. */

import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { builtinModules, SourceMap } from 'node:module';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import type {
  BuildFailure,
  BuildOptions,
  BuildResult,
  Loader,
  Message,
  PartialMessage,
  Plugin,
} from 'esbuild';
import { BanterError } from '../core/client-api.ts';

/** A plugin as one script. */
export interface Bundle {
  /** The file it was made from, for people. */
  readonly file: string;
  readonly code: string;
  /** The author's files that went into it, by absolute path. */
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

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.json': 'json',
};

/** Loads esbuild at the first bundle, so that a client without plugins does not pay for it. */
export class Bundler {
  /** Builds under way in this process: they share one service, and who stops it leaves the others without an answer. */
  static #building = 0;
  static readonly #own = new Map<OwnModule, Promise<string>>();
  readonly #limits: BundleLimits;
  readonly #cache = new Map<string, CachedBundle>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(limits: BundleLimits = bundleLimits) {
    this.#limits = limits;
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
    if (cached !== undefined && (await isFresh(cached.inputs))) {
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
      const result = await this.#build({ entryPoints: [sibling(name)], ...options });
      return result.outputFiles[0]?.text ?? '';
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
      // The name under which the script's lines appear in stacks.
      const code = `${text('plugin.js')}\n//# sourceURL=plugin.js`;
      return {
        bundle: {
          file: basename(entry),
          code,
          files: [...inputs.keys()].filter((path) => path.startsWith(root + sep)),
          locate: locator(text('.js.map'), root),
        },
        inputs,
      };
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

  /** One build at a time; the service process ends with the last, so that nothing of it stays in memory. */
  #build(options: BuildOptions): Promise<BuildResult<{ write: false }>> {
    const next = this.#last.then(async () => {
      const { build, stop } = await import('esbuild');
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
      Bundler.#building += 1;
      try {
        const built = build(complete).catch((error: unknown) => {
          if (isBuildFailure(error) || isLate) throw error;
          // The service has died, which another build may have caused.
          return build(complete);
        });
        return await Promise.race([built, late.promise]);
      } finally {
        clearTimeout(deadline);
        Bundler.#building -= 1;
        if (Bundler.#building === 0) await stop();
      }
    });
    this.#last = next.catch(() => undefined);
    return next;
  }
}

/** A module of this folder, as it is installed: `.ts` in a checkout, `.js` in a package. */
export function sibling(name: string): string {
  return join(import.meta.dirname, `${name}${extname(import.meta.filename)}`);
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

/**
 * Lets a build read the plugin's folder, its node_modules, and the SDK; `inputs` collects what was read. With `keepsSdk`
 * the SDK is left as an import.
 */
function jail(
  root: string,
  inputs: Map<string, string>,
  bytesMax: number,
  { keepsSdk = false } = {},
): Plugin {
  const sdk = sibling('sdk');
  let bytes = 0;
  return {
    name: 'jail',
    setup(build) {
      build.onResolve({ filter: /^banter\/plugins$/ }, ({ path }) =>
        keepsSdk ? { path, external: true } : { path: sdk },
      );
      build.onResolve({ filter: /.*/ }, ({ path, kind }) =>
        kind !== 'entry-point' && (path.startsWith('node:') || builtinModules.includes(path))
          ? {
              errors: [
                {
                  text: `plugins run without Node, so there is no "${path}"; \`ctx\` has all they can do`,
                },
              ],
            }
          : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: 'file' }, async ({ path }) => {
        const real = await realpath(path);
        if (real !== (await realpath(sdk)) && !real.startsWith(root + sep)) {
          return { errors: [outside(root, real)] };
        }
        const loader = loaders[extname(real)];
        if (loader === undefined) {
          return {
            errors: [
              {
                text: `cannot import ${relative(root, real)}: only TypeScript, JavaScript and JSON`,
              },
            ],
          };
        }
        const { size, isFile } = await sizeOf(real);
        bytes += size;
        if (!isFile || bytes > bytesMax) {
          const problem = isFile ? `more than ${bytesMax} bytes with it` : 'no ordinary file';
          return { errors: [{ text: `cannot import ${relative(root, real)}: ${problem}` }] };
        }
        const contents = await readFile(real);
        inputs.set(real, hash(contents));
        return { contents: withoutMaps(contents), loader, resolveDir: dirname(real) };
      });
    },
  };
}

async function sizeOf(path: string): Promise<{ readonly size: number; readonly isFile: boolean }> {
  const stats = await stat(path);
  return { size: stats.size, isFile: stats.isFile() };
}

/** A map that a file names would be read wherever it is, past the jail; one that the file contains may stay. */
function withoutMaps(contents: Buffer): Buffer | string {
  if (!contents.includes('sourceMappingURL=')) return contents;
  return contents.toString().replaceAll(/([#@]\s*sourceMappingURL)=(?!data:)/g, '$1:');
}

function outside(root: string, real: string): PartialMessage {
  return { text: `${real} is outside of the plugin's folder ${root}` };
}

async function isFresh(inputs: ReadonlyMap<string, string>): Promise<boolean> {
  const same = [...inputs].map(async ([path, wanted]) =>
    readFile(path).then(
      (contents) => hash(contents) === wanted,
      () => false,
    ),
  );
  return (await Promise.all(same)).every(Boolean);
}

function hash(contents: Buffer): string {
  return createHash('sha512').update(contents).digest('hex');
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
