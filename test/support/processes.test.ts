/** Proves that the harness for child processes sees what a process does and leaves nothing behind. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { temporaryHome } from './home.ts';
import { startNode } from './processes.ts';

const echo = "process.stdin.on('data', (text) => process.stdout.write('heard ' + text))";

test('finds what was printed before it was waited for, and goes on behind it', async (t) => {
  const program = startNode(temporaryHome(t), ['-e', echo]);
  program.write('one');
  const one = await program.waitFor(/heard (\w+)\n/);
  assert.deepEqual(one.captures, ['one']);
  program.write('two');
  const two = await program.waitFor(/heard (\w+)\n/, one.end);
  assert.deepEqual(two.captures, ['two']);
  assert.equal((await program.waitFor('heard one')).end, 'heard one'.length);
});

test('tells the exit code and keeps the streams apart', async (t) => {
  const script = "console.log('out'); console.error('err'); process.exitCode = 3";
  const program = startNode(temporaryHome(t), ['-e', script]);
  assert.deepEqual(await program.exit(), { code: 3, signal: null });
  assert.equal(program.stdout, 'out\n');
  assert.equal(program.stderr, 'err\n');
  assert.equal(program.output.length, 'out\nerr\n'.length);
});

test('ends the input and tells the signal', async (t) => {
  const home = temporaryHome(t);
  const ended = startNode(home, ['-e', echo]);
  ended.end();
  assert.equal((await ended.exit()).code, 0);
  const signalled = startNode(home, ['-e', `${echo}; console.log('ready')`]);
  await signalled.waitFor('ready');
  signalled.signal('SIGTERM');
  assert.deepEqual(await signalled.exit(), { code: null, signal: 'SIGTERM' });
});

test('rejects with the whole output when the process ends first', async (t) => {
  const program = startNode(temporaryHome(t), ['-e', "console.log('so far')"]);
  await assert.rejects(
    program.waitFor('never'),
    /ended with code 0 and did not print never.*so far/s,
  );
});

test('gives a process nothing of the machine but its path', async (t) => {
  const home = temporaryHome(t);
  const program = startNode(home, [
    '-e',
    'console.log(JSON.stringify(process.env), process.cwd())',
  ]);
  await program.exit();
  assert.ok(program.stdout.endsWith(`${home.path}\n`));
  const names = Object.keys(JSON.parse(program.stdout.slice(0, program.stdout.lastIndexOf(' '))));
  assert.deepEqual(names.sort(), Object.keys(home.environment).sort());
});

test('leaves neither processes nor files', async (t) => {
  let path = '';
  let ended = false;
  await t.test('a test that starts a process which starts another', async (inner) => {
    const home = temporaryHome(inner);
    path = home.path;
    // The grandchild holds the same pipes: they close, and the exit comes, only when both are gone.
    const forever = "console.log('started'); setInterval(() => {}, 1000)";
    const spawning = "require('child_process').spawn(process.execPath, ['-e', process.env.FOREVER]";
    const script = `${spawning}, { stdio: 'inherit' }); ${forever}`;
    const program = startNode(home, ['-e', script], { environment: { FOREVER: forever } });
    await program.waitFor(/started.*started/s);
    void program.exit().then(() => {
      ended = true;
    });
  });
  assert.ok(ended);
  assert.equal(existsSync(path), false);
});
