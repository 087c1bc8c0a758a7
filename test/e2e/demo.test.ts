/** The first thing people run: on a terminal a prompt, on a pipe a script; in both cases nothing is left. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryHome } from '../support/home.ts';
import { startBanter } from '../support/processes.ts';
import { openBanter } from '../support/terminal.ts';
import { assertNothingRuns } from './living-processes.ts';

test('a script on a pipe gets the answer of the bot, and its exit code is the demo’s', async (t) => {
  const home = temporaryHome(t);
  const program = startBanter(home, ['demo']);
  program.write('join_group lobby');
  program.write('send_group hello');
  program.write("console.log((await chat.next({ from: 'greeter', text: /!$/ })).text)");
  program.end();
  assert.deepEqual(await program.exit(), { code: 0, signal: null });
  assert.match(program.stdout, /^you are in #lobby$/m);
  assert.match(program.stdout, /^Hello, you!$/m);
  assert.equal(program.stderr, '');
  assertNothingRuns(program.pid);
  assert.deepEqual(readdirSync(join(home.path, 'data')), [], 'something was written');
});

test('a script that fails names its line and ends with 1', async (t) => {
  const program = startBanter(temporaryHome(t), ['demo']);
  program.write('list_groups');
  program.write('send nobody hi');
  program.end();
  assert.deepEqual(await program.exit(), { code: 1, signal: null });
  assert.match(program.stdout, /^lobby$/m);
  assert.match(program.stderr, /^stdin:2: error: no user "nobody"/m);
  assertNothingRuns(program.pid);
});

test('a signal ends a script that waits', async (t) => {
  const program = startBanter(temporaryHome(t), ['demo']);
  program.write('join_group lobby');
  program.write('await chat.next({ from: "nobody" })');
  await program.waitFor('you are in #lobby');
  program.signal('SIGTERM');
  assert.deepEqual(await program.exit(), { code: 143, signal: null });
  assertNothingRuns(program.pid);
});

test('on a terminal three lines to try lead to an answer', async (t) => {
  const home = temporaryHome(t);
  const terminal = openBanter(home, ['demo'], { environment: { BANTER_NAME: 'ann' } });
  await terminal.waitForScreen(/Try:\n +join_group lobby\n.*ann>$/s);
  terminal.type('join_group lobby\r');
  await terminal.waitForScreen(/greeter \(bot\) {2}Hello, ann! Welcome to lobby.*ann #lobby>$/s);
  terminal.type('send_group hello\r');
  await terminal.waitForScreen(/greeter \(bot\) {2}Hello, ann!\nann #lobby>$/);
  terminal.type("(await chat.next({ from: 'greeter' })).text\r");
  await terminal.waitForScreen(/^'Hello, ann!'$/m);
  terminal.type('.exit\r');
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
  assertNothingRuns(terminal.pid);
  assert.deepEqual(readdirSync(join(home.path, 'data')), [], 'something was written');
});

test('closing the terminal ends the demo', async (t) => {
  const terminal = openBanter(temporaryHome(t), ['demo']);
  await terminal.waitForScreen(/you>$/);
  terminal.signal('SIGHUP');
  assert.deepEqual(await terminal.exit(), { code: 129, signal: null });
  assertNothingRuns(terminal.pid);
});
