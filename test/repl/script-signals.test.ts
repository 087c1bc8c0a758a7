/** Scripts in real processes: signals, closed pipes, errors left behind. Whoever yields de-registers first. */

import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const fixture = join(import.meta.dirname, 'script-fixture.ts');

function start(t: TestContext, script: string): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [fixture]);
  t.after(() => child.kill('SIGKILL'));
  child.stdin.write(`${script}\n`);
  child.stderr.resume();
  return child;
}

async function exit(child: ChildProcessWithoutNullStreams): Promise<unknown> {
  child.stdout.resume();
  const [code, signal] = await once(child, 'exit');
  return code ?? signal;
}

const loops: Readonly<Record<string, readonly [script: string, end: number | string]>> = {
  'never yields': ['console.log("begun"); for (;;);', 'SIGINT'],
  'prints without end': ['for (;;) console.log("begun");', 'SIGINT'],
  awaits: ['for (;;) { await chat.sleep(1); console.log("begun"); };', 130],
  waits: ['setTimeout(console.log, 1, "begun"); await chat.next();', 130],
};

for (const [what, [script, end]] of Object.entries(loops)) {
  test(`one SIGINT ends a script that ${what}: ${end}`, async (t) => {
    const child = start(t, script);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    assert.equal(await exit(child), end);
  });
}

test('a reader that goes away ends a script quietly, as in "| head"', async (t) => {
  const child = start(t, 'for (;;) { await chat.sleep(1); console.log("x") };');
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  assert.equal(complaint, '');
});

test('an error that a script left behind fails it', async (t) => {
  const child = start(t, 'setImmediate(() => { throw new Error("later") }); await chat.next();');
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  assert.equal(await exit(child), 1);
  assert.match(complaint, /^test\.txt: Error: later/);
});
