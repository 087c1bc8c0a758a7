/** `banter doctor`: what it finds, what it advises, and the exit code for scripts. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkClock, checkFolder, checkNode } from '../../repl/checks.ts';
import { sizeWords } from '../../repl/sizes.ts';
import { freePort } from '../support/free-port.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { startBanter } from '../support/processes.ts';
import { hostServerAt } from '../support/server.ts';

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly check: string;
    readonly state: string;
    readonly found: string;
    readonly remedy?: string;
  }[];
}

async function examine(home: Home, ...args: readonly string[]): Promise<Report> {
  const program = startBanter(home, ['doctor', '--json', ...args]);
  const { code } = await program.exit();
  const report: Report = JSON.parse(program.stdout);
  assert.equal(code, report.ok ? 0 : 1);
  return report;
}

function stateOf({ checks }: Report, name: string): string | undefined {
  return checks.find(({ check }) => check === name)?.state;
}

test('finds all well on a fresh machine, in lines that a person reads', async (t) => {
  const home = temporaryHome(t);
  const program = startBanter(home, ['doctor']);
  assert.equal((await program.exit()).code, 0, program.output);
  assert.match(program.stdout, /^✓ node: 24\./);
  assert.match(program.stdout, /^✓ data folder: .*banter does not exist yet$/m);
  assert.match(program.stdout, /^✓ disk: .* free for /m);
  assert.match(program.stdout, /^✓ loopback: a datagram is back in \d+\.\d ms$/m);
  assert.match(program.stdout, /^[✓!] UDP buffers: .* of 2 MiB asked for$/m);
  assert.doesNotMatch(program.stdout, /server/);
});

test('meets the server: far or near, known or not, another or none', async (t) => {
  const home = temporaryHome(t);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const none = await examine(home, address);
  assert.deepEqual(
    none.checks.filter(({ state }) => state === 'wrong').map(({ check, found }) => [check, found]),
    [['server', `no server answers at localhost:${port}`]],
  );
  const first = await hostServerAt(home, port);
  assert.match((await examine(home, address)).checks.at(-1)?.found ?? '', /never met before$/);
  await startBanter(home, ['trust', address]).exit();
  assert.match((await examine(home, address)).checks.at(-1)?.found ?? '', /as pinned$/);
  await first.close();
  await hostServerAt(home, port);
  const other = await examine(home, address);
  assert.equal(other.ok, false);
  assert.match(other.checks.at(-1)?.found ?? '', /; pinned is [\w-]{43}$/);
  assert.match(other.checks.at(-1)?.remedy ?? '', /banter trust/);
});

test('finds what is wrong with a folder', async (t) => {
  const home = temporaryHome(t);
  const open = join(home.path, 'open');
  mkdirSync(open);
  chmodSync(open, 0o755);
  assert.equal(stateOf(await examine(home, '--data', open), 'data folder'), 'warning');
  assert.match(checkFolder(open).remedy ?? '', /^chmod 700 /);
  chmodSync(open, 0o700);
  assert.equal(checkFolder(open).state, 'ok');
  const file = join(home.path, 'file');
  writeFileSync(file, '');
  const report = await examine(home, '--data', join(file, 'data'));
  assert.equal(stateOf(report, 'data folder'), 'wrong');
  assert.equal(checkFolder('/proc/banter').state, 'wrong');
});

test('knows an old Node and a clock that stands at the beginning', () => {
  assert.equal(checkNode('24.15.0').state, 'ok');
  assert.equal(checkNode('25.0.0').state, 'ok');
  assert.equal(checkNode('24.14.9').state, 'wrong');
  assert.match(checkNode('22.0.0').remedy ?? '', /Node 24\.15/);
  assert.equal(checkClock(0).state, 'wrong');
  assert.equal(checkClock(Date.now()).state, 'ok');
  assert.deepEqual([0, 1023, 1536, 2 * 1024 ** 2, 5 * 1024 ** 4, 4096 * 1024 ** 4].map(sizeWords), [
    '0 bytes',
    '1023 bytes',
    '1.5 KiB',
    '2 MiB',
    '5 TiB',
    '4096 TiB',
  ]);
});
