/** A server that is backed up under load, dies, and is restored: what its clients see of it. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from '../../core/index.ts';
import { told } from '../core/client/world.ts';
import { freePort } from '../support/free-port.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { type ChildProgram, startBanter } from '../support/processes.ts';

async function serve(home: Home, port: number): Promise<ChildProgram> {
  const server = startBanter(home, ['serve', '-p', String(port), '--host', '127.0.0.1']);
  await server.waitFor('reach it as');
  return server;
}

/** Runs a command to its end. @returns what it printed */
async function run(home: Home, ...args: readonly string[]): Promise<string> {
  const program = startBanter(home, args);
  assert.deepEqual(await program.exit(), { code: 0, signal: null }, program.output);
  return program.stdout;
}

async function connect(t: TestContext, name: string, port: number): Promise<Client> {
  const client = await Client.connect({ name, server: `127.0.0.1:${port}` });
  t.after(() => client.close());
  return client;
}

test('what was acknowledged before a backup is there after it was restored, nothing is told twice, and a gap is told', async (t) => {
  const home = temporaryHome(t);
  const port = await freePort();
  const first = await serve(home, port);
  const [ann, bob] = [await connect(t, 'ann', port), await connect(t, 'bob', port)];
  await ann.createGroup('ops');
  for (const client of [ann, bob]) await client.joinGroup('ops');
  const heard = told(bob, 'groupMessageReceived');
  const gaps = told(bob, 'gapFound');
  const acknowledged: string[] = [];
  let isOver = false;
  const talk = async (): Promise<void> => {
    for (let number = 1; !isOver; number++) {
      await ann.sendGroup('ops', `message ${number}`);
      acknowledged.push(`message ${number}`);
    }
  };
  const talking = talk();
  await heard.count(20);
  const before = [...acknowledged];
  const file = join(home.path, 'backup');
  await run(home, 'backup', file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const after = heard.values.length;
  await heard.count(after + 20);
  isOver = true;
  await talking;
  await heard.count(acknowledged.length);
  const gone = [once(ann, 'disconnected'), once(bob, 'disconnected')];
  await first.kill();
  assert.match(await run(home, 'restore', file, '--force'), /is as it was at .*; what was there/);
  const back = [once(ann, 'reconnected'), once(bob, 'reconnected')];
  await serve(home, port);
  await Promise.all([...gone, ...back]);
  await ann.sendGroup('ops', 'after the disaster');
  const texts = (await heard.count(acknowledged.length + 1)).map(({ text }) => text);
  assert.deepEqual(texts, [...acknowledged, 'after the disaster']);
  assert.deepEqual(gaps.values, ['ops']);
  const said = await bob.history('ops', { limit: 10_000 });
  const kept = said.map(({ text }) => text).toReversed();
  assert.deepEqual(kept.slice(0, before.length), before);
  assert.equal(kept.at(-1), 'after the disaster');
  const stats = JSON.parse(await run(home, 'stats', '--json'));
  assert.deepEqual(
    stats.groups.map(({ name, members, messages }: never) => [name, members, messages]),
    [['ops', 2, kept.length]],
  );
  assert.match(
    await run(home, 'stats'),
    /^names 2, groups 1, messages .*\ngroup +members +messages/,
  );
  assert.match(
    await run(home, 'doctor'),
    /^✓ server folder: names 2, .*whole; process \d+ serves/m,
  );
});
