#!/usr/bin/env node
/**
 * The executable: makes sure of a Node that can run Banter, then hands over to the command line.
 *
 * It must parse and run on every Node since 18, old ones being its reason to exist: nothing but builtins is imported
 * at the top, through default imports (a builtin's newer exports are absent there), and no syntax is newer than ES2022.
 */

import childProcess from 'node:child_process';
import fs from 'node:fs';
import module from 'node:module';
import os from 'node:os';
import path from 'node:path';
import tty from 'node:tty';
import url from 'node:url';

const needed = { major: 24, minor: 15 };
const usageExitCode = 2;

if (isRecent(process.versions.node)) {
  // Threads and children look for the cache in the environment.
  process.env['NODE_COMPILE_CACHE'] ??= module.enableCompileCache().directory;
  const { main } = await import('./cli.ts');
  await main(process.argv.slice(2));
} else {
  const self = url.fileURLToPath(import.meta.url);
  const pinned = findPinnedNode(path.dirname(self));
  if (pinned === undefined) refuse();
  else executeOn(pinned, [self, ...process.argv.slice(2)]);
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > needed.major || (major === needed.major && minor >= needed.minor);
}

/**
 * The nearest sufficient runtime of the npm package `node`, looked for in every `node_modules` from `folder` upwards.
 * Its package.json tells the version, so that one that is itself too old is never started.
 */
function findPinnedNode(folder: string): string | undefined {
  const home = path.join(folder, 'node_modules', 'node');
  const file = path.join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (fs.existsSync(file) && isRecent(versionOf(path.join(home, 'package.json')))) return file;
  const above = path.dirname(folder);
  return above === folder ? undefined : findPinnedNode(above);
}

function versionOf(manifest: string): string {
  try {
    return String(JSON.parse(fs.readFileSync(manifest, 'utf8')).version);
  } catch {
    // Without a readable manifest nobody knows the version; 0 is too old, and the search goes on upwards.
    return '0';
  }
}

function refuse(): void {
  const wanted = `${needed.major}.${needed.minor}`;
  process.stderr.write(
    `error: banter needs Node ${wanted} or newer, this is ${process.versions.node} (${process.execPath}); ` +
      `install one from https://nodejs.org, or put one beside banter with "npm install node@${needed.major}"\n`,
  );
  process.exitCode = usageExitCode;
}

/** Runs the same command on another Node: it has the terminal and the signals, and its end is the end of this process. */
function executeOn(node: string, args: readonly string[]): void {
  const child = childProcess.spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!comesFromTerminal(signal)) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`error: banter cannot start ${node}: ${error.message}\n`);
    process.exitCode = usageExitCode;
  });
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + os.constants.signals[signal]);
  });
}

/** The terminal's Ctrl-C reaches both processes by itself; passing it on would make two of one. */
function comesFromTerminal(signal: NodeJS.Signals): boolean {
  return signal === 'SIGINT' && [0, 1, 2].some((descriptor) => tty.isatty(descriptor));
}
