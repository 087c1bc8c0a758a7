/** What builds may read: of a plugin its folder and the SDK, and nothing else of the machine. */

import { readFile, realpath, stat } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, extname, relative, sep } from 'node:path';
import type { Loader, PartialMessage, Plugin } from 'esbuild';
import { hashOf, sibling } from './kept-scripts.ts';

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.json': 'json',
};

/** Collects what a build of our own reads. */
export function noting(inputs: Map<string, string>): Plugin {
  return {
    name: 'noting',
    setup(build) {
      build.onLoad({ filter: /.*/, namespace: 'file' }, async ({ path }) => {
        const contents = await readFile(path);
        inputs.set(path, hashOf(contents));
        return { contents, loader: loaders[extname(path)] ?? 'js' };
      });
    },
  };
}

/**
 * Lets a build read the plugin's folder, its node_modules, and the SDK; `inputs` collects what was read. With `keepsSdk`
 * the SDK is left as an import.
 */
export function jail(
  root: string,
  inputs: Map<string, string>,
  bytesMax: number,
  { keepsSdk = false }: { readonly keepsSdk?: boolean } = {},
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
        inputs.set(real, hashOf(contents));
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
