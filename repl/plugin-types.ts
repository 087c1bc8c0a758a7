/** Checks the types of a plugin, and what it uses of the SDK, with a TypeScript that is installed, in a process of its own. */

import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What came of it. */
export type TypeCheck =
  | { readonly type: 'fine' }
  /** What the compiler says, a line each, at most 100. */
  | { readonly type: 'errors'; readonly lines: readonly string[] }
  /** No compiler is installed. */
  | { readonly type: 'absent' };

/** Types, and the members of `ctx` and of messages that are used; undefined where nothing says what is `ctx`. */
export interface Compilation {
  readonly types: TypeCheck;
  readonly used: ReadonlySet<string> | undefined;
}

/** What the process is asked to do. */
export interface CompilationOrder {
  /** Absolute paths. */
  readonly compiler: string;
  readonly file: string;
  readonly sdk: string;
  readonly nodeTypes: string | undefined;
}

/** What the process answers. */
export interface CompilationResult {
  readonly lines: readonly string[];
  readonly used: readonly string[];
  /** Whether the plugin is made by `definePlugin`, which gives `ctx` its type. */
  readonly isTyped: boolean;
}

const compileMs = 120_000;

const isCheckout = extname(import.meta.filename) === '.ts';

/**
 * Checks a plugin's file and what it imports, strictly, whatever the author's tsconfig says. The compiler is Banter's, or
 * else that of the author's folder; the types of `banter/plugins` are those of this installation.
 */
export async function compilePlugin(file: string): Promise<Compilation> {
  const compiler = find('typescript') ?? find('typescript', file);
  if (compiler === undefined) return { types: { type: 'absent' }, used: undefined };
  const path = `../plugins/sdk${isCheckout ? '.ts' : '.d.ts'}`;
  const sdk = fileURLToPath(new URL(path, import.meta.url));
  const ofNode = isCheckout ? find('@types/node/package.json') : undefined;
  const nodeTypes = ofNode === undefined ? undefined : dirname(ofNode);
  return compile({ compiler, file, sdk, nodeTypes });
}

function compile(order: CompilationOrder): Promise<Compilation> {
  const name = `plugin-compilation${extname(import.meta.filename)}`;
  const child = fork(join(import.meta.dirname, name), [], {
    cwd: dirname(order.file),
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: compileMs,
  });
  let result: CompilationResult | undefined;
  child.once('message', (answer) => {
    // Sent by plugin-compilation.ts of the same version.
    result = answer as CompilationResult;
  });
  child.send(order);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code, by) => {
      const words = `the compiler ended with ${by ?? `code ${code}`} and said nothing`;
      const { lines, used, isTyped } = result ?? { lines: [words], used: [], isTyped: false };
      done({
        types: lines.length === 0 ? { type: 'fine' } : { type: 'errors', lines },
        used: isTyped ? new Set(used) : undefined,
      });
    });
  });
}

/** Where a module's file is, as seen from a file; from this one if not said. */
function find(name: string, from: string = import.meta.filename): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}
