/** Fetches packages with the npm of whoever asks, so that their registries, proxies and credentials hold here, too. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BanterError } from '../core/error-api.ts';
import { tarballIntegrity } from '../plugins/index.ts';
import { aborted } from './abort.ts';
import { packageWords, type WantedPackage } from './plugin-target.ts';

/** A package that lies here as a tarball. */
export interface FetchedPackage {
  readonly name: string;
  readonly version: string;
  /** Of the tarball's bytes: `sha512-` and 88 characters of base64. */
  readonly integrity: string;
  readonly file: string;
}

export interface FetchOptions {
  /** A folder of its own, empty, for the tarball. */
  readonly folder: string;
  /** Ends npm at once. */
  readonly signal: AbortSignal;
  /** Called each second with those that have passed. */
  readonly onWaiting: (seconds: number) => void;
}

/** npm tries three times by itself where a registry does not answer; then it is ended. Seconds. */
const patienceSeconds = 180;

/** What npm says of a package with all the files that may be in it; it is ended when it says more. Characters. */
const outputMax = 4_194_304;

/** What is told of its complaints. Characters. */
const complaintMax = 500;

interface Printed {
  /** JSON, mostly. */
  readonly answer: string;
  readonly complaint: string;
}

/**
 * No script of a package runs, whatever the settings say; what else is given here is where the tarball goes and the form
 * of the answer. The folder is npm's project, so that no settings of folders above it count.
 */
const packArguments: readonly string[] = [
  'pack',
  '--ignore-scripts',
  '--json',
  '--pack-destination=.',
  '--dry-run=false',
  '--workspaces=false',
  '--loglevel=error',
  '--',
];

/** What npm calls its failures, in words; of others its own are told. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['E404', 'the registry has no such package, or does not show it to you'],
  ['ETARGET', 'the package has no such version'],
  ['ENOVERSIONS', 'the package has no version'],
  ['E401', 'the registry asks who you are: see "npm login"'],
  ['E403', 'the registry does not let you have it'],
  ['ENEEDAUTH', 'the registry asks who you are: see "npm login"'],
  ['ENOTFOUND', 'the registry cannot be reached'],
  ['EAI_AGAIN', 'the registry cannot be reached'],
  ['ECONNREFUSED', 'the registry cannot be reached'],
  ['ECONNRESET', 'the registry cannot be reached'],
  ['ETIMEDOUT', 'the registry cannot be reached'],
  ['ENETUNREACH', 'the registry cannot be reached'],
  ['ERR_SOCKET_TIMEOUT', 'the registry does not answer'],
]);

/**
 * Fetches a package's tarball, and nothing that it depends on.
 * @throws BanterError PACKAGE_UNAVAILABLE, INTEGRITY_MISMATCH, PLUGIN_INVALID for a tarball that is too large, ABORTED
 */
export async function fetchPackage(
  wanted: WantedPackage,
  options: FetchOptions,
): Promise<FetchedPackage> {
  const { folder } = options;
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const { answer, complaint } = await runNpm(wanted, options);
  const parsed = parseAnswer(answer);
  const packed = onlyPacked(parsed);
  const version = textOf(packed, 'version');
  const file = (await readdir(folder)).find((entry) => entry.endsWith('.tgz'));
  if (file === undefined || version === undefined || textOf(packed, 'name') !== wanted.name) {
    throw failure(wanted, parsed, complaint);
  }
  const tarball = join(folder, file);
  const actual = await tarballIntegrity(tarball);
  const integrity = textOf(packed, 'integrity');
  if (actual !== integrity) {
    const words = `npm says that ${wanted.name}@${version} is ${integrity}, and what came is ${actual}`;
    throw new BanterError('INTEGRITY_MISMATCH', words);
  }
  return { name: wanted.name, version, integrity: actual, file: tarball };
}

/** What npm prints; also where it fails, that is an answer. */
async function runNpm(
  wanted: WantedPackage,
  { folder, signal, onWaiting }: FetchOptions,
): Promise<Printed> {
  if (signal.aborted) throw aborted();
  const child = spawn('npm', [...packArguments, packageWords(wanted)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, to be ended as one: npm is often a script that starts the real one.
    detached: true,
  });
  const printed = { answer: '', complaint: '' };
  const ended = Promise.withResolvers<void>();
  child.once('error', (cause) => ended.reject(unstartable(wanted, cause)));
  child.once('close', () => ended.resolve());
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.answer += text;
    const words = `npm says more than ${outputMax} characters of it`;
    if (printed.answer.length > outputMax) ended.reject(unavailable(wanted, words));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.complaint = (printed.complaint + text).slice(0, complaintMax);
  });
  let seconds = 0;
  const clock = setInterval(() => {
    seconds += 1;
    if (seconds < patienceSeconds) onWaiting(seconds);
    else ended.reject(unavailable(wanted, `npm was not done in ${seconds} s`));
  }, 1000);
  const giveUp = (): void => ended.reject(aborted());
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await ended.promise;
    return printed;
  } finally {
    clearInterval(clock);
    signal.removeEventListener('abort', giveUp);
    await endGroup(child);
  }
}

/** Resolves once npm writes nothing more; it has left nothing that it would need again. */
async function endGroup(child: ChildProcess): Promise<void> {
  const { pid, exitCode, signalCode } = child;
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  const gone = once(child, 'exit');
  process.kill(-pid, 'SIGKILL');
  await gone;
}

function parseAnswer(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return undefined;
  }
}

/** The one package of a list, or of an object by its name, as versions of npm differ in. */
function onlyPacked(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const packed: readonly unknown[] = Object.values(answer);
  return packed.length === 1 ? packed[0] : undefined;
}

function textOf(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entry: unknown = Reflect.get(value, key);
  return typeof entry === 'string' ? entry : undefined;
}

/** Why there is no package: npm's own code for it comes along. */
function failure(wanted: WantedPackage, answer: unknown, complaint: string): BanterError {
  const error: unknown =
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'error') : undefined;
  const code = textOf(error, 'code') ?? '';
  const summary = textOf(error, 'summary') || complaint.trim() || 'npm brought no package';
  const said = `${code} ${summary.replaceAll(/\s+/g, ' ')}`.trim().slice(0, complaintMax);
  if (code === 'EINTEGRITY') {
    const words = `${packageWords(wanted)} is not what its registry says it is: ${said}`;
    return new BanterError('INTEGRITY_MISMATCH', words);
  }
  const reason = reasons.get(code);
  return unavailable(wanted, reason === undefined ? said : `${reason} (npm: ${said})`);
}

function unavailable(wanted: WantedPackage, reason: string, cause?: unknown): BanterError {
  const words = `cannot fetch the package ${packageWords(wanted)}: ${reason}`;
  return new BanterError('PACKAGE_UNAVAILABLE', words, { cause });
}

function unstartable(wanted: WantedPackage, cause: Error): BanterError {
  const isAbsent = 'code' in cause && cause.code === 'ENOENT';
  const reason = isAbsent
    ? 'there is no npm in the PATH, which comes with Node (https://nodejs.org)'
    : `npm does not start: ${cause.message}`;
  return unavailable(wanted, reason, cause);
}
