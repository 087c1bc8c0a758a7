/** Proves that the executable runs only on a Node that can run Banter, and finds one where it can. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import ts from 'typescript';
import { type Home, temporaryHome } from '../support/home.ts';
import { type ChildProgram, startNode } from '../support/processes.ts';
import { openNode } from '../support/terminal.ts';

/** What of tsconfig.json decides how the executable is built. */
const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.ESNext,
  rewriteRelativeImportExtensions: true,
};

/** Stands for the command line: says what it was given and does what it is told. */
const commandLine = `
  export async function main(args) {
    console.log(JSON.stringify({ args, node: process.env.PINNED ?? 'first' }));
    if (args[0] === 'fail') process.exitCode = 4;
    if (args[0] === 'die') process.kill(process.pid, 'SIGKILL');
    if (args[0] === 'echo') process.stdin.pipe(process.stdout);
    if (args[0] === 'count') {
      let count = 0;
      process.on('SIGINT', () => console.log('interrupt', ++count));
      setInterval(() => {}, 1000);
      console.log('waiting');
    }
    if (args[0] === 'wait') {
      process.on('SIGTERM', () => process.exit(143));
      process.on('SIGINT', () => process.exit(130));
      setInterval(() => {}, 1000);
      console.log('waiting');
    }
  }`;

/** Makes the process that loads it look like an older Node. */
const older = `data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })",
)}`;

/** Lays the executable out as an installed package and starts it on a Node that calls itself 20.20.2. */
function startOnOldNode(home: Home, args: readonly string[]): ChildProgram {
  return startNode(home, ['--import', older, install(home), ...args]);
}

function install(home: Home): string {
  const source = readFileSync(join(import.meta.dirname, '../../repl/bin.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, { compilerOptions });
  const place = join(home.path, 'node_modules/banter');
  write(join(place, 'package.json'), '{ "type": "module" }');
  write(join(place, 'dist/repl/cli.js'), commandLine);
  return write(join(place, 'dist/repl/bin.js'), outputText);
}

/** Puts the npm package `node` of some version beside or inside banter; it runs on the Node of the tests. */
function pin(home: Home, folder: string, version: string): void {
  const place = join(home.path, folder, 'node_modules/node');
  write(join(place, 'package.json'), JSON.stringify({ version }));
  const script = `#!/bin/sh\nPINNED=${version} exec '${process.execPath}' "$@"\n`;
  chmodSync(write(join(place, 'bin/node'), script), 0o755);
}

function write(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

test('hands its arguments over on a Node that is recent enough', async (t) => {
  const home = temporaryHome(t);
  const program = startNode(home, [install(home), 'chat', 'ann', '--json']);
  assert.equal((await program.exit()).code, 0);
  assert.equal(program.output, '{"args":["chat","ann","--json"],"node":"first"}\n');
});

test('names the remedy in one line and exits with 2 on an older Node', async (t) => {
  const program = startOnOldNode(temporaryHome(t), ['chat']);
  assert.deepEqual(await program.exit(), { code: 2, signal: null });
  assert.match(
    program.stderr,
    /^error: banter needs Node 24\.15 or newer, this is 20\.20\.2 .*\n$/,
  );
  assert.equal(program.stdout, '');
});

test('runs itself on a pinned Node inside its own package', async (t) => {
  const home = temporaryHome(t);
  pin(home, 'node_modules/banter', '24.21.0');
  const program = startOnOldNode(home, ['chat', 'two words', '']);
  assert.equal((await program.exit()).code, 0);
  assert.equal(program.output, '{"args":["chat","two words",""],"node":"24.21.0"}\n');
});

test('runs itself on a pinned Node installed beside it', async (t) => {
  const home = temporaryHome(t);
  pin(home, '.', '26.1.0');
  const program = startOnOldNode(home, []);
  await program.waitFor('26.1.0');
});

test('passes over a pinned Node that is itself too old', async (t) => {
  const home = temporaryHome(t);
  pin(home, 'node_modules/banter', '24.14.9');
  const refused = startOnOldNode(home, []);
  assert.equal((await refused.exit()).code, 2);
  pin(home, '.', '24.15.0');
  const found = startOnOldNode(home, []);
  await found.waitFor('24.15.0');
});

test('ends as the pinned Node ends', async (t) => {
  const home = temporaryHome(t);
  pin(home, '.', '24.21.0');
  assert.equal((await startOnOldNode(home, ['fail']).exit()).code, 4);
  assert.equal((await startOnOldNode(home, ['die']).exit()).code, 128 + 9);
});

test('leaves the pinned Node its input', async (t) => {
  const home = temporaryHome(t);
  pin(home, '.', '24.21.0');
  const program = startOnOldNode(home, ['echo']);
  program.write('typed');
  await program.waitFor('typed');
  program.end();
  assert.equal((await program.exit()).code, 0);
});

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  test(`passes ${signal} on to the pinned Node`, async (t) => {
    const home = temporaryHome(t);
    pin(home, '.', '24.21.0');
    const program = startOnOldNode(home, ['wait']);
    await program.waitFor('waiting');
    program.signal(signal);
    assert.equal((await program.exit()).code, code);
  });
}

test('makes one interrupt of one Ctrl-C, although the terminal tells both processes', async (t) => {
  const home = temporaryHome(t);
  pin(home, '.', '24.21.0');
  const terminal = openNode(home, ['--import', older, install(home), 'count']);
  await terminal.waitForScreen('waiting');
  terminal.key('ctrl-c');
  await terminal.waitForScreen('interrupt 1');
  terminal.key('ctrl-c');
  await terminal.waitForScreen('interrupt 2');
  terminal.signal('SIGTERM');
  await terminal.exit();
  assert.doesNotMatch(terminal.screen(), /interrupt 3/);
});
