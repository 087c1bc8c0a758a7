/** Networks of their own for a server and its clients, where the machine allows it. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { namespaceRefusal, refusedExitCode } from './namespace-probe.ts';

const script = new URL('namespaces.ts', import.meta.url).pathname;

/** What the script says, and its exit code. */
function run(): Promise<{ readonly output: string; readonly code: number }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script], (_error, stdout, stderr) => {
      resolve({ output: stdout + stderr, code: child.exitCode ?? 1 });
    });
  });
}

const refusal = namespaceRefusal();
const name =
  refusal === undefined
    ? 'a chat across network namespaces loses and repeats nothing while a NAT changes its mappings'
    : 'the script for network namespaces says why it cannot run here';

test(name, async (t) => {
  const { output, code } = await run();
  for (const line of output.trimEnd().split('\n')) t.diagnostic(line);
  if (refusal === undefined) {
    assert.equal(code, 0, output);
    for (const name of ['ann', 'carl']) {
      assert.match(output, new RegExp(`what ${name} said arrived: everything once and in order`));
    }
  } else {
    // The trial and the script must agree, or one of them is wrong about this machine.
    assert.equal(code, refusedExitCode, output);
    assert.equal(output, `not allowed here: ${refusal}\n`);
  }
});
