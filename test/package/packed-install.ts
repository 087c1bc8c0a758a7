/**
 * Packs the package as npm would publish it, installs it into an empty folder, and uses it like a stranger: the
 * executable on a recent and on an older Node, both entry points, their types. It needs npm and the registry, so `.ci/run`
 * starts it and `npm test` does not.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const top = join(import.meta.dirname, '../..');
const place = mkdtempSync(join(tmpdir(), 'banter-packed-'));
const stranger = join(place, 'stranger');
const recentPath = [dirname(process.execPath), process.env['PATH']].join(delimiter);
const timeoutMs = 300_000;

try {
  const { name, version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  install(pack(`${name}-${version}.tgz`));
  tryExecutable(String(version));
  tryDemo();
  tryOlderNode();
  tryEntryPoints();
  say('the packed package installs and works');
} finally {
  rmSync(place, { recursive: true, force: true });
}

function pack(tarball: string): string {
  succeed(run('npm', ['pack', '--pack-destination', place], top));
  const listing = succeed(run('tar', ['-tzf', tarball], place));
  const files = listing.split('\n').map((file) => file.replace('package/', ''));
  const wanted = [
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'dist/repl/bin.js',
    'dist/core/index.d.ts',
    // Without these every start of a plugin would bundle anew.
    'dist/plugins/scripts/bootstrap.json',
    'dist/plugins/scripts/host.json',
  ];
  for (const file of wanted) assert.ok(files.includes(file), `${file} is not in the package`);
  const strangers = files.filter((file) => /^(dist\/)?test\/|\.test\.|^\.|\.tgz$/.test(file));
  assert.deepEqual(strangers, [], 'the package holds what is nobody else’s business');
  say(`packed ${files.length} files`);
  return join(place, tarball);
}

function install(tarball: string): void {
  mkdirSync(stranger);
  const manifest = { private: true, type: 'module' };
  writeFileSync(join(stranger, 'package.json'), JSON.stringify(manifest));
  succeed(run('npm', ['install', '--no-audit', '--no-fund', tarball], stranger));
  say('installed it into an empty folder');
}

function tryExecutable(version: string): void {
  const told = run('banter', ['--version'], stranger, banterOn(recentPath));
  assert.equal(succeed(told), `${version}\n`);
  say(`"banter --version" prints ${version}`);
}

/** Server, bot, plugins in their process, client and script: everything that was built has to load. */
function tryDemo(): void {
  const script = [
    'join_group lobby',
    'send_group hello',
    'console.log((await chat.next({ from: "greeter", text: /!$/ })).text)',
    '',
  ].join('\n');
  const told = run('banter', ['demo'], stranger, banterOn(recentPath), script);
  assert.match(succeed(told), /Hello, you!/);
  say('a script on a pipe gets the answer of the bot');
}

/** An older Node must read the executable, refuse in one line, and say what to do. */
function tryOlderNode(): void {
  const folder = findOlderNode() ?? installOlderNode();
  const { code, stdout, stderr } = run('banter', ['--version'], stranger, banterOn(folder));
  assert.match(stderr, /^error: banter needs Node 24\.15 or newer, this is \d.* install .*\n$/);
  assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  say(`on an older Node it says "${stderr.trim()}"`);
}

function findOlderNode(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.find((folder) => {
    const file = join(folder, 'node');
    return existsSync(file) && /^v(1\d|2[0-3])\./.test(run(file, ['--version'], place).stdout);
  });
}

function installOlderNode(): string {
  const folder = join(place, 'older');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'package.json'),
    '{ "private": true, "allowScripts": { "node": true } }',
  );
  succeed(run('npm', ['install', '--no-audit', '--no-fund', 'node@20'], folder));
  return join(folder, 'node_modules/node/bin');
}

/** The public names are there at run time, and TypeScript finds the types that ship with them. */
function tryEntryPoints(): void {
  const program = [
    "import { BanterError, Client, Server } from 'banter';",
    "import { definePlugin } from 'banter/plugins';",
    'const names: readonly string[] = [BanterError, Client, Server, definePlugin].map((it) => it.name);',
    "if (names.join() !== 'BanterError,Client,Server,definePlugin') throw new Error(names.join());",
    'export const port: Promise<Client> | undefined = undefined;',
    '',
  ].join('\n');
  writeFileSync(join(stranger, 'use.ts'), program);
  succeed(run(process.execPath, ['use.ts'], stranger));
  const types = ['--types', 'node', '--typeRoots', join(top, 'node_modules/@types')];
  const strictness = ['--strict', '--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024'];
  const compiler = join(top, 'node_modules/typescript/bin/tsc');
  const flags = ['--noEmit', '--skipLibCheck', 'false', ...strictness, ...types];
  succeed(run(process.execPath, [compiler, ...flags, 'use.ts'], stranger));
  say('both entry points import, and their types check');
}

/** The stranger's own executables first, then those of `path`. */
function banterOn(path: string): string {
  return [join(stranger, 'node_modules/.bin'), path, '/usr/bin', '/bin'].join(delimiter);
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  path = recentPath,
  input = '',
): Outcome {
  const env = { ...process.env, PATH: path };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    input,
    encoding: 'utf8',
    timeout: timeoutMs,
  });
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

function succeed({ code, stdout, stderr }: Outcome): string {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}

function say(fact: string): void {
  process.stdout.write(`packed-install: ${fact}\n`);
}
