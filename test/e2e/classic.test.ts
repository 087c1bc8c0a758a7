/** The classic profile with real processes, on pipes and on terminals. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from '../../core/index.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryHome } from '../support/home.ts';
import { type ChildProgram, startBanter } from '../support/processes.ts';
import { openBanter, type Terminal, type TerminalOptions } from '../support/terminal.ts';
import { playStory } from './classic-story.ts';

type Owner = Parameters<typeof temporaryHome>[0];

/** A server, and how to reach it; what is started here ends with its owner. */
interface World {
  readonly server: ChildProgram;
  readonly address: string;
  /** A client on pipes, once it is registered. */
  start(owner: Owner, name: string): Promise<ChildProgram>;
  /** A client on a terminal, once its prompt is there. */
  open(owner: Owner, name: string, options?: TerminalOptions): Promise<Terminal>;
  /** A client of this process, which says what it is told to. */
  connect(name: string): Promise<Client>;
}

async function serve(t: Owner): Promise<World> {
  const port = `${await freePort()}`;
  const home = temporaryHome(t);
  const server = startBanter(home, ['-s', port]);
  await server.waitFor('>>> Server is online\n');
  const address = `127.0.0.1:${port}`;
  const args = async (name: string): Promise<readonly string[]> => {
    return ['-c', name, '127.0.0.1', port, `${await freePort()}`];
  };
  return {
    server,
    address,
    start: async (owner, name) => {
      const client = startBanter(temporaryHome(owner), await args(name));
      await client.waitFor('Client table updated');
      return client;
    },
    open: async (owner, name, options) => {
      const terminal = openBanter(temporaryHome(owner), await args(name), options);
      await terminal.waitForScreen(/\n>>>$/);
      return terminal;
    },
    connect: async (name) => {
      const client = await Client.connect({ name, server: address });
      // Before the server goes, which would be missed.
      home.onClose(async () => void (await client.close()));
      return client;
    },
  };
}

/** For tests whose people leave in good order, so that nobody hears of them later; each has names of its own. */
const shared = await serve({ after });

/** Resolves once the server has said that somebody is offline. */
function offline({ server }: World, name: string): Promise<unknown> {
  return server.waitFor(new RegExp(`'${name}': \\{[^}]*'online': False`));
}

test('prints what the original prints, from the first registration to the end of the server', async (t) => {
  await playStory(t, { route: async (port) => port });
});

test('prints above a half-typed line and leaves it intact, with the group in the prompt', async (t) => {
  const world = await serve(t);
  const bob = await world.connect('bob');
  await bob.createGroup('dev');
  await bob.joinGroup('dev');
  const terminal = await world.open(t, 'ann', { columns: 120 });
  terminal.type('join_group dev\r');
  await terminal.waitForScreen(
    />>> join_group dev\n>>> Entered group dev successfully\n>>> \(dev\)$/,
  );
  terminal.type('send_group half ty');
  await terminal.waitForScreen('half ty');
  await bob.sendGroup('dev', 'hello');
  await terminal.waitForScreen(
    />>> \(dev\) Group_Message bob: hello\n>>> \(dev\) send_group half ty$/,
  );
  terminal.type('ped\r');
  await terminal.waitForScreen(
    />>> \(dev\) send_group half typed\n>>> \(dev\) Message received by Server\.\n>>> \(dev\)$/,
  );
  await world.server.waitFor('>>> Client ann sent group message: half typed\n');
});

test('carries out lines typed ahead of a registration in their order', async (t) => {
  const world = await serve(t);
  const port = world.address.split(':')[1] ?? '';
  const args = ['-c', 'ann', 'localhost', port, `${await freePort()}`];
  const terminal = openBanter(temporaryHome(t), args, { columns: 100 });
  terminal.type('create_group dev\rjoin_group dev\rlist_members\rleave_group\r');
  await terminal.waitForScreen('>>> Leave group chat dev');
  const told = [...terminal.screen().matchAll(/^>>> (Group|Entered|\(dev\) ann|Leave)/gm)];
  assert.deepEqual(
    told.map(([, word]) => word),
    ['Group', 'Entered', '(dev) ann', 'Leave'],
  );
});

test('de-registers at ctrl-c', async (t) => {
  const terminal = await shared.open(t, 'cid');
  terminal.type('send bob half');
  await terminal.waitForScreen('half');
  terminal.key('ctrl-c');
  await offline(shared, 'cid');
  assert.deepEqual(await terminal.exit(), { code: 130, signal: null });
  assert.match(terminal.screen(), /\n>>> You are Offline\. Bye\.$/);
});

test('de-registers at ctrl-d', async (t) => {
  const terminal = await shared.open(t, 'dan');
  terminal.key('ctrl-d');
  await offline(shared, 'dan');
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
});

for (const [signal, code] of [
  ['SIGHUP', 129],
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  test(`de-registers at ${signal}`, async (t) => {
    const [seated, piped] = [`eve-${code}`, `fay-${code}`];
    const [terminal, client] = await Promise.all([shared.open(t, seated), shared.start(t, piped)]);
    terminal.signal(signal);
    client.signal(signal);
    await Promise.all([offline(shared, seated), offline(shared, piped)]);
    assert.equal((await terminal.exit()).code, code);
    assert.equal((await client.exit()).code, code);
    assert.match(client.stdout, />>> You are Offline\. Bye\.\n$/);
  });
}

test('loses no line of a long pipe, and de-registers at its end', async (t) => {
  const client = await shared.start(t, 'gus');
  const texts = Array.from({ length: 200 }, (_, number) => `line ${number}`);
  client.write('create_group pipe\njoin_group pipe');
  for (const text of texts) client.write(`send_group ${text}`);
  for (const _ of texts) client.write('list_members');
  client.end();
  assert.equal((await client.exit()).code, 0);
  await offline(shared, 'gus');
  const told = [...shared.server.stdout.matchAll(/Client gus sent group message: (.*)\n/g)];
  assert.deepEqual(
    told.map(([, text]) => text),
    texts,
  );
  assert.match(
    client.stdout,
    /(>>> \(pipe\) Message received by Server\.\n){200}(>>> \(pipe\) Members in the group pipe:\n>>> \(pipe\) gus\n){200}>>> You are Offline\. Bye\.\n$/,
  );
});

test('shows the controls in what others write, at the client and at the server', async (t) => {
  const world = await serve(t);
  const bob = await world.connect('bob');
  await bob.createGroup('dev');
  await bob.joinGroup('dev');
  const client = await world.start(t, 'ann');
  await bob.sendGroup('dev', 'red \u001b[31m\n>>> Client ann left group');
  await assert.rejects(bob.joinGroup('\u001b]0;owned\u0007'));
  await world.server.waitFor('red ␛[31m ⏎ >>> Client ann left group\n');
  await world.server.waitFor('joining group ␛]0;owned␇ failed');
  await bob.leaveGroup('dev');
  await bob.send('ann', 'a\u001b[2Jb\r>>> You are Offline. Bye.\u009b1A');
  await client.waitFor('>>> bob: a␛[2Jb␍>>> You are Offline. Bye.\\x9b1A\n');
});

test('refuses wrong arguments in the original’s words before it opens a socket', async (t) => {
  const home = temporaryHome(t);
  const refusals: readonly (readonly [args: readonly string[], words: string])[] = [
    [['-s', '65536'], 'Invalid server port number\n'],
    [['-s', '666a'], 'Invalid server port number\n'],
    [['-c', 'server', 'nowhere', '1', '2'], 'Invalid username\n'],
    [['-c', 'Y', '127.0.9999.1', '6666', '777a'], 'Invalid server ip address. Try again.\n'],
    [['-c', 'Y', 'localhost', '6666', '77777'], 'Invalid client port number\n'],
  ];
  for (const [args, words] of refusals) {
    const program = startBanter(home, args);
    assert.deepEqual(await program.exit(), { code: 1, signal: null });
    assert.equal(program.output, words);
  }
});

test('says that a server’s port is in use', async (t) => {
  const port = shared.address.split(':')[1] ?? '';
  const second = startBanter(temporaryHome(t), ['-s', port]);
  assert.deepEqual(await second.exit(), { code: 1, signal: null });
  assert.equal(second.output, `Invalid server port number: UDP port ${port} is in use\n`);
});

test('gives up a server that never answers', async (t) => {
  const [serverPort, clientPort] = [await freePort(), await freePort()];
  const args = ['-c', 'ann', 'localhost', `${serverPort}`, `${clientPort}`];
  const client = startBanter(temporaryHome(t), args);
  assert.deepEqual(await client.exit(), { code: 1, signal: null });
  assert.equal(
    client.output,
    '>>> Client start listening\n>>> Registration request sent\n>>> Server not responding\n>>> Exiting\n',
  );
});

test('a name stays its owner’s when the server starts again', async (t) => {
  const [home, port] = [temporaryHome(t), `${await freePort()}`];
  const owner = temporaryHome(t);
  const register = async (who: typeof owner): Promise<ChildProgram> => {
    const args = ['-c', 'ann', 'localhost', port, `${await freePort()}`];
    return startBanter(who, args);
  };
  const first = startBanter(home, ['-s', port]);
  await first.waitFor('Server is online');
  const client = await register(owner);
  await client.waitFor('Welcome');
  client.end();
  await client.exit();
  await first.kill();
  const second = startBanter(home, ['-s', port]);
  await second.waitFor('Server is online');
  const stranger = await register(temporaryHome(t));
  await stranger.waitFor('>>> Someone has already used this name. Try another one.\n');
  assert.equal((await stranger.exit()).code, 1);
  await (await register(owner)).waitFor('>>> Welcome, You are registered.\n');
});
