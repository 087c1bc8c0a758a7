/** The classic client in process, between real clients on a real server. */

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type TestContext, test } from 'node:test';
import {
  BanterError,
  Client,
  classicPolicy,
  type ErrorCode,
  errorTable,
  Server,
} from '../../core/index.ts';
import { ClassicClient, refusalWords } from '../../repl/classic-client.ts';
import type { ClassicConsole } from '../../repl/classic-console.ts';

/** A console that keeps what is printed; nobody types at it. */
class Paper implements ClassicConsole {
  readonly outputClosed: Promise<void> = new Promise(() => {});
  readonly printed: string[] = [];
  readonly #events = new EventEmitter();

  print(line: string): void {
    this.printed.push(line);
    this.#events.emit('printed');
  }

  /** Resolves once the line was printed. */
  async waitFor(line: string): Promise<void> {
    while (!this.printed.includes(line)) await once(this.#events, 'printed');
  }

  refresh(): void {}

  async *lines(): AsyncGenerator<string> {}

  close(): void {}

  /** What was printed since this was last asked, without the tables. */
  take(): readonly string[] {
    return this.printed.splice(0).filter((line) => !/Client table updated\.$|^\{/.test(line));
  }
}

interface World {
  connect(name: string): Promise<Client>;
  open(name: string): Promise<{ readonly classic: ClassicClient; readonly paper: Paper }>;
}

async function serve(t: TestContext): Promise<World> {
  const server = await Server.start({ port: 0, host: '127.0.0.1', policy: classicPolicy });
  const clients: Client[] = [];
  t.after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  });
  const connect = async (name: string): Promise<Client> => {
    const address = `127.0.0.1:${server.address.port}`;
    const client = await Client.connect({ name, server: address, serverKey: server.key });
    clients.push(client);
    return client;
  };
  const open: World['open'] = async (name) => {
    const paper = new Paper();
    return { classic: new ClassicClient(await connect(name), paper), paper };
  };
  return { connect, open };
}

test('says that a group was entered before it shows what is said there', async (t) => {
  const { connect, open } = await serve(t);
  const bob = await connect('bob');
  await bob.createGroup('dev');
  await bob.joinGroup('dev');
  const { classic, paper } = await open('ann');
  const joining = classic.run('join_group dev');
  await Promise.all(Array.from({ length: 50 }, (_, number) => bob.sendGroup('dev', `${number}`)));
  await joining;
  await bob.sendGroup('dev', 'end');
  await paper.waitFor('>>> (dev) Group_Message bob: end');
  const [first, ...rest] = paper.take();
  assert.equal(first, '>>> Entered group dev successfully');
  assert.ok(rest.length > 0);
  for (const line of rest) assert.match(line, /^>>> \(dev\) Group_Message bob: (\d+|end)$/);
});

test('shows private messages after the leaving of the group for which they waited', async (t) => {
  const { connect, open } = await serve(t);
  const bob = await connect('bob');
  const { classic, paper } = await open('ann');
  await bob.createGroup('dev');
  await classic.run('join_group dev');
  await bob.send('ann', 'one');
  await bob.send('ann', 'two');
  assert.deepEqual(paper.take(), ['>>> Entered group dev successfully']);
  await classic.run('leave_group');
  assert.deepEqual(paper.take(), ['>>> Leave group chat dev', '>>> bob: one', '>>> bob: two']);
});

test('goes by the name of a group as it was created', async (t) => {
  const { connect, open } = await serve(t);
  await (await connect('bob')).createGroup('Dev');
  const { classic } = await open('ann');
  await classic.run('join_group dev');
  assert.equal(classic.prompt, '>>> (Dev) ');
});

test('takes the rest of the line as the message, and ignores what follows other arguments', async (t) => {
  const { open } = await serve(t);
  const { classic, paper } = await open('ann');
  for (const line of [
    '  send   ann   two  blanks ',
    'create_group dev please',
    'list_groups all',
    'join_group dev now',
    'dereg bob ann',
  ]) {
    assert.equal(await classic.run(line), undefined);
  }
  assert.equal(await classic.run('dereg ann please'), 0);
  assert.deepEqual(paper.take(), [
    '>>> ann: two  blanks ',
    '>>> Message received by ann.',
    '>>> Group dev created by Server.',
    '>>> Available group chats:',
    '>>> dev',
    '>>> Entered group dev successfully',
    '>>> (dev) Invalid command',
    '>>> You are Offline. Bye.',
  ]);
});

test('says in words of its own what the original had none for', async (t) => {
  const { open } = await serve(t);
  const { classic, paper } = await open('ann');
  await classic.run('create_group what?');
  await classic.run(`send ann ${'x'.repeat(60_001)}`);
  assert.deepEqual(paper.take(), [
    '>>> Group name holds something other than letters, digits, ".", "_" or "-". Try again.',
    '>>> the message has 60001 bytes, 1 more than fit',
    '>>> Send at most 60,000 bytes of text at a time.',
  ]);
});

test('knows no user by another spelling', async (t) => {
  const { connect, open } = await serve(t);
  await connect('Bob');
  const { classic, paper } = await open('ann');
  await classic.run('send bob hello');
  assert.deepEqual(paper.take(), ['>>> User bob does not exist']);
});

test('carries nothing out any more once it has left', async (t) => {
  const { open } = await serve(t);
  const { classic, paper } = await open('ann');
  const leaving = classic.leave();
  assert.equal(await classic.run('create_group dev'), 0);
  assert.equal(await leaving, 0);
  assert.equal(await classic.leave(), 0);
  assert.deepEqual(paper.take(), ['>>> You are Offline. Bye.']);
});

test('has the original’s words for refusals, and reason and remedy for what it never refused', () => {
  const words = (code: ErrorCode): readonly string[] => refusalWords(new BanterError(code, 'why'));
  const name = ['Someone has already used this name. Try another one.'];
  const address = ['Someone has already used this (IP, port) combination. Try another one.'];
  assert.deepEqual([words('NAME_TAKEN'), words('NAME_PRESENT')], [name, name]);
  assert.deepEqual([words('ADDRESS_TAKEN'), words('PORT_IN_USE')], [address, address]);
  assert.deepEqual(words('SERVER_UNREACHABLE'), ['Server not responding', 'Exiting']);
  const { remedy } = errorTable.SERVER_KEY_CHANGED;
  assert.deepEqual(words('SERVER_KEY_CHANGED'), ['why', remedy]);
});
