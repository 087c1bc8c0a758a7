/** Checks the types of a plugin with a TypeScript compiler that is installed, in a process of its own. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What came of it. */
export type TypeCheck =
  | { readonly type: 'fine' }
  /** What the compiler says, a line each, at most 100. */
  | { readonly type: 'errors'; readonly lines: readonly string[] }
  /** No compiler is installed. */
  | { readonly type: 'absent' };

const linesMax = 100;
const outputBytesMax = 1_048_576;
const compileMs = 120_000;

/**
 * Checks a plugin's file and what it imports, strictly, whatever the author's tsconfig says. The compiler is that of the
 * author's folder, or else Banter's; the types of `banter/plugins` are those of this installation.
 */
export async function checkTypes(file: string): Promise<TypeCheck> {
  const compiler = find('typescript/lib/tsc.js', file) ?? find('typescript/lib/tsc.js');
  if (compiler === undefined) return { type: 'absent' };
  const place = await mkdtemp(join(tmpdir(), 'banter-check-'));
  try {
    const project = join(place, 'tsconfig.json');
    await writeFile(project, JSON.stringify(projectOf(file)));
    return await compile(compiler, project, dirname(file));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function projectOf(file: string): object {
  const sdk = fileURLToPath(
    new URL(`../plugins/sdk${isCheckout ? '.ts' : '.d.ts'}`, import.meta.url),
  );
  const nodeTypes = find('@types/node/package.json');
  return {
    compilerOptions: {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      module: 'preserve',
      moduleResolution: 'bundler',
      noEmit: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      allowImportingTsExtensions: true,
      resolveJsonModule: true,
      allowJs: true,
      skipLibCheck: true,
      // Plugins run without Node; the sources of a checkout do not.
      types: isCheckout && nodeTypes !== undefined ? [dirname(nodeTypes)] : [],
      paths: { 'banter/plugins': [sdk] },
    },
    files: [file],
  };
}

const isCheckout = extname(import.meta.filename) === '.ts';

function compile(compiler: string, project: string, folder: string): Promise<TypeCheck> {
  const args = [compiler, '--pretty', 'false', '-p', project];
  const options = { cwd: folder, timeout: compileMs, maxBuffer: outputBytesMax };
  return new Promise((done) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) return done({ type: 'fine' });
      const said = `${stdout}${stderr}`.trimEnd();
      const lines = said === '' ? [error.message] : linesOfAuthor(said, folder).slice(0, linesMax);
      return done(lines.length === 0 ? { type: 'fine' } : { type: 'errors', lines });
    });
  });
}

/**
 * Without what is said of Banter's own files: in a checkout the types of `banter/plugins` are sources, which are held to
 * their own settings elsewhere. An error begins with its place, `tea.ts(3,9)`, and goes on in lines that begin with a space.
 */
function linesOfAuthor(said: string, folder: string): readonly string[] {
  const ours = ['core', 'plugins'].map((part) => join(import.meta.dirname, '..', part) + sep);
  const isOurs = (error: string): boolean => {
    const file = resolve(folder, error.split('(', 1)[0] ?? '');
    return ours.some((place) => file.startsWith(place));
  };
  return said
    .split(/\n(?! )/)
    .filter((error) => !isOurs(error))
    .flatMap((error) => error.split('\n'));
}

/** Where a module's file is, as seen from a file; from this one if not said. */
function find(name: string, from: string = import.meta.filename): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}
