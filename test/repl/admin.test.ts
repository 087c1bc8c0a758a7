/** `banter admin`, with real processes: a server, an operator, and people who come and go. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client, MemoryStore, Server, type ServerOptions } from '../../core/index.ts';
import { freePort } from '../support/free-port.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { type ChildProgram, startBanter } from '../support/processes.ts';

interface Place {
  readonly home: Home;
  readonly port: number;
  readonly address: string;
  serve(...options: readonly string[]): Promise<ChildProgram>;
  /** Comes, claims the name if it is free, and goes, as anybody in this home would. */
  visit(name: string): Promise<void>;
  /** What a command prints, and how it ends. */
  run(
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly error: string }>;
}

async function place(home: Home): Promise<Place> {
  const port = await freePort();
  return {
    home,
    port,
    address: `127.0.0.1:${port}`,
    serve: async (...options) => {
      const args = ['serve', '-p', `${port}`, '--host', '127.0.0.1', ...options];
      const server = startBanter(home, args);
      await server.waitFor(/serving on .*\n/);
      return server;
    },
    visit: async (name) => {
      const dataDir = join(home.path, 'data/banter');
      const client = await Client.connect({ name, server: `127.0.0.1:${port}`, dataDir });
      await client.close();
    },
    run: async (...args) => {
      const program = startBanter(home, args);
      const { code } = await program.exit();
      return { code: code ?? -1, out: program.stdout, error: program.stderr };
    },
  };
}

/** A server of this process, on its store or its folder; it ends with the test. */
async function host(
  t: TestContext,
  port: number,
  options: Pick<ServerOptions, 'dataDir' | 'operators' | 'store'>,
): Promise<Server> {
  const server = await Server.start({ port, host: '127.0.0.1', ...options });
  t.after(() => server.close());
  return server;
}

async function stop(server: ChildProgram): Promise<void> {
  server.signal('SIGTERM');
  await server.exit();
}

test('the first operator is named in the folder of a stopped server, and makes others', async (t) => {
  const { address, serve, visit, run } = await place(temporaryHome(t));
  const nowhere = await run('admin', 'operators', 'add', 'ann', '--stored');
  assert.deepEqual([nowhere.code, /no server has been in/.test(nowhere.error)], [2, true]);
  const before = await serve();
  for (const name of ['ann', 'bob']) await visit(name);
  const refused = await run('admin', 'users', address, '--as', 'ann');
  assert.equal(refused.code, 4);
  assert.match(refused.error, /^error: ann is no operator of this server\n.*operator/);
  const running = await run('admin', 'operators', 'add', 'ann', '--stored');
  assert.equal(running.code, 2);
  assert.match(running.error, /in use by a server, process \d+/);
  await stop(before);
  const added = await run('admin', 'operators', 'add', 'Ann', '--stored');
  assert.deepEqual([added.code, added.out], [0, 'Ann is an operator\n']);
  assert.match((await run('admin', 'operators', '--stored')).out, /^[0-9a-f]{64} {2}ann\n$/);
  const unknown = await run('admin', 'operators', 'add', 'nobody', '--stored');
  assert.match(unknown.error, /nobody has claimed the name "nobody"/);

  await serve();
  const made = await run('admin', 'operators', 'add', 'bob', address, '--as', 'ann');
  assert.deepEqual([made.code, made.out], [0, 'bob is an operator\n']);
  const list = await run('admin', 'operators', address, '--as', 'bob', '--json');
  const { operators } = JSON.parse(list.out).result;
  assert.deepEqual(
    operators.map(({ name }: { readonly name: string }) => name),
    ['ann', 'bob'],
  );
  const trail = await run('admin', 'audit', address, '--as', 'bob');
  assert.match(trail.out, /ann: operators add bob\n.*this machine: operators add Ann\n$/);
});

test('an operator by configuration closes the server, and who is invited comes in', async (t) => {
  const { home, port, address, serve, visit, run } = await place(temporaryHome(t));
  const before = await host(t, port, { dataDir: join(home.path, 'data/banter/server') });
  await visit('ann');
  await before.close();
  const wrong = await run('serve', '-p', '0', '--operator', 'nobody');
  assert.equal(wrong.code, 2);
  assert.match(wrong.error, /operator "nobody" has no key here/);
  await serve('--operator', 'ann');
  const as = ['--as', 'ann'];
  const closed = await run('admin', 'access', 'invitation', address, ...as);
  assert.deepEqual([closed.code, closed.out], [0, 'access: invitation\n']);
  const stranger = await run('-e', 'whoami', '--as', 'eve', address);
  assert.equal(stranger.code, 4);
  assert.match(stranger.error, /only who is invited; your key is [0-9a-f]{64}\n.*--invitation/);
  const token = await run('admin', 'invite-token', 'create', address, ...as, '--note', 'for bob');
  const [, secret = '', id = ''] =
    /^([0-9a-f]{32})\n.*"revoke ([0-9a-f]{8})"/.exec(token.out) ?? [];
  const entered = await run('-e', 'whoami', '--as', 'bob', address, '--invitation', secret);
  assert.equal(entered.code, 0, entered.error);
  await visit('bob');
  const again = await run('-e', 'whoami', '--as', 'eve', address, '--invitation', secret);
  assert.match(again.error, /^error: no such invitation is open\n/);
  assert.match((await run('admin', 'invite-token', 'revoke', id, address, ...as)).error, /no open/);
  const [, key = ''] = /your key is (\w+)/.exec(stranger.error) ?? [];
  assert.equal((await run('admin', 'allow', key, address, ...as)).code, 0);
  await visit('eve');
});

test('an operator gives a group to somebody else, and removes one that nobody is in', async (t) => {
  const { home, port, address, visit, run } = await place(temporaryHome(t));
  const store = new MemoryStore(new Uint8Array(32).fill(7));
  const before = await host(t, port, { store });
  await visit('ann');
  await before.close();
  await host(t, port, { store, operators: ['ann'] });
  const dataDir = join(home.path, 'data/banter');
  for (const name of ['bob', 'eve']) {
    const client = await Client.connect({ name, server: address, dataDir });
    await client.createGroup(`${name}s`);
    await client.close();
  }
  const as = [address, '--as', 'ann'];
  const given = await run('admin', 'give-group', 'eves', 'bob', ...as);
  assert.deepEqual([given.code, given.out], [0, '#eves belongs to bob now\n'], given.error);
  const described = await run('-e', 'describe_group eves', '--as', 'bob', address, '--json');
  assert.match(described.out, /"owner":"bob"/);
  const json = await run('admin', 'remove-group', 'bobs', ...as, '--json');
  assert.deepEqual(JSON.parse(json.out).result, { type: 'groupRemoved', group: 'bobs' });
  assert.equal((await run('groups', ...as)).out, 'eves\n');
  const gone = await run('admin', 'remove-group', 'bobs', ...as);
  assert.match(gone.error, /^error: .*"bobs"/);
  const other = await run('admin', 'give-group', 'eves', 'eve', address, '--as', 'eve');
  assert.deepEqual([other.code, /^error: /.test(other.error)], [1, true]);
  const trail = await run('admin', 'audit', ...as);
  assert.match(trail.out, /ann: remove_group in #bobs\n.*ann: transfer bob in #eves\n/);
});

test('whoever is sent away reads why, and ends with the code of a refusal', async (t) => {
  const { home, port, address, visit, run } = await place(temporaryHome(t));
  const store = new MemoryStore(new Uint8Array(32).fill(7));
  const before = await host(t, port, { store });
  await visit('ann');
  await before.close();
  await host(t, port, { store, operators: ['ann'] });
  const as = ['--as', 'ann'];
  const waits = ['-e', 'chat.on("announced", ({ text }) => console.log(text))', '-e'];
  const bob = startBanter(home, [
    ...waits,
    'whoami',
    '-e',
    'await chat.next()',
    '--as',
    'bob',
    address,
  ]);
  await bob.waitFor('bob, in no group');
  await run('admin', 'announce', 'good morning', address, ...as);
  await bob.waitFor('good morning');
  const kicked = await run('admin', 'kick', 'bob', address, ...as, '--reason', 'lunch is over');
  assert.equal(kicked.out, 'bob is disconnected, and may come back\n');
  await bob.exit();
  assert.match(bob.stderr, /sent away by ann: lunch is over/);
  assert.equal((await run('admin', 'ban', 'bob', address, ...as)).code, 0);
  const banned = await run('-e', 'whoami', '--as', 'bob', address);
  assert.deepEqual([banned.code, /ann has banned this key/.test(banned.error)], [4, true]);
  const released = await run('admin', 'release', 'bob', address, ...as);
  assert.match(released.out, /nobody's name any more; .*banter trust <server> bob/);
  assert.match((await run('admin', 'bans', address, ...as)).out, /^[0-9a-f]{64} {2}bob, by ann/);
  const users = await run('admin', 'users', address, ...as);
  assert.match(users.out, /^ann {2}[0-9a-f]{64} {2}offline, operator\n$/);
});
