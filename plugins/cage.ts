/** The cage of a child that holds isolates: what Node's permission model and the kernel leave it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import type { HostCode } from './host-code.ts';

/**
 * What the kernel refuses the child, whoever has taken it over: core files, writing any file, more descriptors than it
 * needs, and memory faster than anybody looks. Where the system's own bounds are narrower, these hold.
 */
const resourceLimits = {
  coreBytes: 0,
  fileBytes: 0,
  openFiles: 64,
  /** Of private memory that can be written: several times what a hundred plugins take. */
  dataBytes: 2 * 1024 ** 3,
} as const;

/**
 * Starts the child without files, programs, environment, WebAssembly and just-in-time compiler.
 * The script goes in through standard input, so that the child need not be able to read our own files.
 */
export function spawnCaged({ readableDirs }: HostCode): ChildProcess {
  const flags = [
    '--no-node-snapshot',
    '--jitless',
    '--no-warnings',
    '--disable-sigusr1',
    '--permission',
    '--allow-addons',
    ...readableDirs.map((dir) => `--allow-fs-read=${dir}`),
    '-',
  ];
  const [command, ...list] = limited([process.execPath, ...flags]);
  const child = spawn(command, list, {
    cwd: '/',
    // The native loader would look for a file to tell the C library, which the cage forbids.
    env: { LIBC: existsSync('/etc/alpine-release') ? 'musl' : 'glibc' },
    serialization: 'json',
    stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
  });
  lowerPriority(child);
  return child;
}

/** The shell bounds itself and becomes the program: Node has no way to bound a child. Windows has no such bounds. */
function limited(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  if (process.platform === 'win32') return command;
  const { coreBytes, fileBytes, openFiles, dataBytes } = resourceLimits;
  const bounds = [
    `-c ${coreBytes}`,
    `-f ${fileBytes}`,
    `-n ${openFiles}`,
    `-d ${dataBytes / 1024}`,
  ].map((bound) => `ulimit ${bound} 2>/dev/null;`);
  // What a shell says of itself to its programs is not for the child.
  const script = `${bounds.join(' ')} unset PWD OLDPWD SHLVL; exec "$0" "$@"`;
  return ['/bin/sh', '-c', script, ...command];
}

function lowerPriority(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // The child is gone already, or the system has no priorities; neither needs an answer.
  }
}
