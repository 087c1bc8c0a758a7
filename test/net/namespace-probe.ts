/** Whether this machine allows an ordinary user networks of their own, and running a script in one. */

import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** The exit code of the script where namespaces are not allowed. */
export const refusedExitCode = 3;

/** Everything of the kernel that the scene needs, tried out in a namespace that is gone thereafter. */
const trial = [
  'set -e',
  'ip link add probe type bridge',
  'ip link add probe0 type veth peer name probe1',
  'ip rule add pref 1 iif lo to 192.0.2.0/24 lookup main',
  'echo 1 > /proc/sys/net/ipv4/conf/probe0/arp_ignore',
  'unshare --net true',
].join('\n');

const unshared = ['--user', '--map-root-user', '--net'];

/** A trial that takes longer is one that has failed. Milliseconds. */
const patienceMs = 10_000;

/** @returns why namespaces cannot be had, in the words of the system, or undefined where they can */
export function namespaceRefusal(): string | undefined {
  const options = { encoding: 'utf8', timeout: patienceMs } as const;
  const { error, status, stderr } = spawnSync('unshare', [...unshared, 'sh', '-c', trial], options);
  if (error !== undefined) return error.message;
  if (status === 0) return undefined;
  return stderr.trim().replaceAll('\n', '; ') || `the trial ended with ${status}`;
}

/** Runs a script as the first process of a network of its own; its children end with it. */
export async function runInNamespace(
  script: string,
): Promise<{ readonly output: string; readonly code: number }> {
  const child = spawn('unshare', [...unshared, process.execPath, script, '--inside'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  const output = await text(child.stdout);
  return { output, code: await ended };
}
