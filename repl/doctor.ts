/** `banter doctor`: whether this machine, its folders and a server are as Banter needs them. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CheckState,
  checkBuffers,
  checkClock,
  checkFolder,
  checkLoopback,
  checkNode,
  checkServer,
  checkServerFolder,
  checkSpace,
  type Finding,
} from './checks.ts';
import type { Config } from './config.ts';
import { exitCodes } from './exit-codes.ts';
import { safeText } from './safe-text.ts';

export interface DoctorOptions {
  readonly config: Config;
  /** Print one JSON object instead of lines. */
  readonly json: boolean;
  readonly signal: AbortSignal;
}

const marks: Readonly<Record<CheckState, string>> = { ok: '✓', warning: '!', wrong: '✗' };

/** Prints what it finds; resolves to the exit code, which is 1 if something is wrong. @throws BanterError ABORTED */
export async function doctor({ config, json, signal }: DoctorOptions): Promise<number> {
  const dataDir = config.data.value;
  const { value: server, source } = config.server;
  const checks: readonly (readonly [check: string, look: () => Finding | Promise<Finding>])[] = [
    ['node', () => checkNode(process.versions.node)],
    ['clock', () => checkClock(Date.now())],
    ['data folder', () => checkFolder(dataDir)],
    ['disk', () => checkSpace(dataDir)],
    ['loopback', checkLoopback],
    ['UDP buffers', checkBuffers],
    ...(existsSync(join(dataDir, 'server'))
      ? ([['server folder', () => checkServerFolder(join(dataDir, 'server'))]] as const)
      : []),
    // Nobody has said that there should be one.
    ...(source === 'default'
      ? []
      : ([['server', () => checkServer(server, dataDir, signal)]] as const)),
  ];
  const findings: (Finding & { readonly check: string })[] = [];
  for (const [check, look] of checks) {
    const finding = { check, ...(await look()) };
    findings.push(finding);
    if (!json) process.stdout.write(lineOf(check, finding));
  }
  const isWell = findings.every(({ state }) => state !== 'wrong');
  if (json) process.stdout.write(`${JSON.stringify({ ok: isWell, checks: findings })}\n`);
  return isWell ? exitCodes.ok : exitCodes.failed;
}

function lineOf(check: string, { state, found, remedy }: Finding): string {
  const line = `${marks[state]} ${check}: ${safeText(found)}\n`;
  return remedy === undefined ? line : `${line}    ${safeText(remedy)}\n`;
}
