/** Escapes: what gets out of `node:vm` stays in an isolate. */

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Arena, type Attack } from './arena.ts';
import { escapes, preludeOf } from './escapes.ts';

/** A folder and a port of the host, and what was done to them. */
async function stakes(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'banter-escapes-'));
  t.after(() => rm(folder, { recursive: true }));
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const codes = Object.values(escapes).map(
    ({ code }, index) => `${preludeOf(index, folder, address.port)} ${code}`,
  );
  return { codes, files: () => readdir(folder), connections: () => connections };
}

test('escapes get out of node:vm as they should: its host’s id is read, a file made, a connection opened', {
  timeout: 60_000,
}, async (t) => {
  const { codes, files, connections } = await stakes(t);
  const child = fork(join(import.meta.dirname, 'vm-host.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  child.send(codes);
  const [results] = await once(child, 'message');
  await once(child, 'exit');
  const names = Object.keys(escapes);
  assert.deepEqual(
    names.filter((_name, index) => results[index]),
    names.filter((name) => escapes[name]?.escapesVm),
  );
  const count = results.filter(Boolean).length;
  assert.ok(count >= 15);
  assert.equal((await files()).length, count);
  assert.ok(connections() >= count);
});

test('escapes', { timeout: 120_000 }, async (t) => {
  const { codes, files, connections } = await stakes(t);
  const attacks: Readonly<Record<string, Attack>> = Object.fromEntries(
    Object.keys(escapes).map((name, index) => [
      name,
      { code: `const report = (text) => ctx.log.info(text); ${codes[index]}`, lives: 'broken' },
    ]),
  );
  const arena = await Arena.open(t, attacks);
  for (const [name, attack] of Object.entries(attacks)) {
    await t.test(`${name}: does not lead out of an isolate`, async () => {
      await arena.meet(name, attack);
      assert.deepEqual(
        arena.stage.logs.filter(({ text }) => text.includes('escaped')),
        [],
      );
    });
  }
  assert.deepEqual([await files(), connections()], [[], 0]);
});
