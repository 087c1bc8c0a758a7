/** Histories that leave one server and come to another, as files. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, Server } from '../../core/index.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { type ChildProgram, startBanter } from '../support/processes.ts';
import { openBanter } from '../support/terminal.ts';

async function serve(
  home: Home,
): Promise<{ readonly server: ChildProgram; readonly address: string }> {
  const server = startBanter(home, ['serve', '-p', '0', '--host', '127.0.0.1']);
  const { captures } = await server.waitFor(/reach it as (127\.0\.0\.1:\d+)#/);
  return { server, address: captures[0] ?? '' };
}

async function run(
  home: Home,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const program = startBanter(home, args);
  program.end();
  const { code } = await program.exit();
  return { code, stdout: program.stdout, stderr: program.stderr };
}

test('a history is exported by a member, by the operator, and imported into another server', async (t) => {
  const home = temporaryHome(t);
  const { server, address } = await serve(home);
  const ann = await Client.connect({ name: 'ann', server: address });
  await ann.createGroup('ops');
  await ann.joinGroup('ops');
  for (let at = 1; at <= 300; at++) await ann.sendGroup('ops', `message ${at}`);
  await ann.close();

  const piped = await run(home, ['export', 'ops', address, '--as', 'eve']);
  assert.deepEqual([piped.code, piped.stderr], [0, '']);
  const written = piped.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(written[0], { banter: 'history', v: 1, group: 'ops' });
  assert.deepEqual([written.length, written.at(-1)], [302, { end: true, messages: 300 }]);
  const { mid, sentAtMs, ...first } = written[1];
  assert.deepEqual(first, { seq: 1, from: 'ann', bot: false, hops: 0, text: 'message 1' });
  assert.match(mid, /^[0-9a-f]{32}$/);

  const toFile = ['export', 'ops', address, '--as', 'eve', '-o', 'ops.jsonl'];
  const terminal = openBanter(home, toFile);
  await terminal.waitForScreen('exported 300 of 300');
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
  const file = join(home.path, 'ops.jsonl');
  assert.equal(readFileSync(file, 'utf8'), piped.stdout);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const again = await run(home, toFile);
  assert.deepEqual([again.code, again.stdout], [2, '']);
  assert.match(again.stderr, /^error: cannot make ops\.jsonl: .*exist/);

  const running = await run(home, ['export', 'ops', '--stored']);
  assert.equal(running.stdout, piped.stdout);
  const busy = await run(home, ['import', 'ops.jsonl', '--into', 'copy']);
  assert.equal(busy.code, 2);
  assert.match(busy.stderr, /^error: .*process \d+/);
  server.signal('SIGTERM');
  await server.exit();
  assert.equal(
    (await run(home, ['export', 'OPS', '--stored'])).stdout,
    piped.stdout.replace('"ops"', '"OPS"'),
  );
  const there = await run(home, ['import', 'ops.jsonl']);
  assert.deepEqual(there.stderr.split('\n')[0], 'error: there is a group "ops" already');

  const other = temporaryHome(t);
  const imported = await run(other, ['import', file]);
  assert.deepEqual(imported, {
    code: 0,
    stdout: '300 messages are in #ops, which has no members\n',
    stderr: '',
  });
  const dataDir = join(other.path, 'data/banter/server');
  const next = await Server.start({ port: 0, host: '127.0.0.1', dataDir });
  t.after(() => next.close());
  const bob = await Client.connect({ name: 'bob', server: `127.0.0.1:${next.address.port}` });
  t.after(() => bob.close());
  await bob.joinGroup('ops');
  const [message] = await bob.search('ops', '"message 77"');
  assert.deepEqual(
    [message?.seq, message?.from, message?.mid, message?.sentAtMs],
    [77, 'ann', written[77].mid, written[77].sentAtMs],
  );
  assert.equal((await bob.sendGroup('ops', 'goes on')).seq, 301);
  assert.equal(typeof sentAtMs, 'number');
});

test('an import that is killed in the middle leaves no part of a group, and can be made again', async (t) => {
  const home = temporaryHome(t);
  const count = 60_000;
  const mid = 'ab'.repeat(16);
  const message = { mid, from: 'ann', bot: false, hops: 0, sentAtMs: 1, text: 'x'.repeat(200) };
  const lines = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ seq: at + 1, ...message }),
  );
  const begin = JSON.stringify({ banter: 'history', v: 1, group: 'ops' });
  const end = JSON.stringify({ end: true, messages: count });
  writeFileSync(join(home.path, 'ops.jsonl'), [begin, ...lines, end, ''].join('\n'));
  const importing = openBanter(home, ['import', 'ops.jsonl']);
  await importing.waitForScreen(/imported \d+ of 60000/);
  importing.signal('SIGKILL');
  assert.deepEqual(await importing.exit(), { code: null, signal: 'SIGKILL' });
  const stats = async () => JSON.parse((await run(home, ['stats', '--json'])).stdout).groups;
  assert.deepEqual(await stats(), []);
  assert.equal((await run(home, ['import', 'ops.jsonl'])).code, 0);
  assert.deepEqual(
    (await stats()).map(({ name, messages }: Record<string, unknown>) => [name, messages]),
    [['ops', count]],
  );
});

test('what cannot be exported or imported is said, and leaves nothing behind', async (t) => {
  const home = temporaryHome(t);
  const none = await run(home, ['export', 'ops', '--stored']);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /^error: no server has kept anything in /);
  const { server, address } = await serve(home);
  const unknown = await run(home, ['export', 'ops', address, '--as', 'ann', '-o', 'ops.jsonl']);
  assert.match(unknown.stderr, /^error: there is no group "ops"/);
  assert.equal(existsSync(join(home.path, 'ops.jsonl')), false);
  server.signal('SIGTERM');
  await server.exit();
  assert.match(
    (await run(home, ['export', 'ops', '--stored'])).stderr,
    /^error: there is no group "ops" in /,
  );
  writeFileSync(
    join(home.path, 'bad.jsonl'),
    '{"banter":"history","v":1,"group":"ops"}\n{"seq":1}\n',
  );
  const bad = await run(home, ['import', 'bad.jsonl']);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /^error: line 2: "mid" is not of 32 hex digits\n {7}Correct the line/);
  assert.match((await run(home, ['import', 'missing'])).stderr, /^error: cannot read missing\n/);
});
