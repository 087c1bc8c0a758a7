/** The command line: what is understood, what is refused in one line, and with which exit code things end. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { Client } from '../../core/index.ts';
import { buildProgram } from '../../repl/cli.ts';
import { freePort } from '../support/free-port.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { banterPath, ChildProgram, startBanter, startNode } from '../support/processes.ts';
import { hostServer } from '../support/server.ts';
import { openBanter } from '../support/terminal.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(home: Home, args: readonly string[], input = ''): Promise<Ended> {
  const program = startBanter(home, args);
  if (input !== '') program.write(input);
  program.end();
  const { code } = await program.exit();
  return { code, stdout: program.stdout, stderr: program.stderr };
}

interface Served {
  readonly home: Home;
  readonly server: ChildProgram;
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly fingerprint: string;
}

async function serve(
  t: Parameters<typeof temporaryHome>[0],
  args: readonly string[] = ['--ephemeral'],
): Promise<Served> {
  const home = temporaryHome(t);
  const server = startBanter(home, ['serve', '-p', '0', '--host', '127.0.0.1', ...args]);
  const { captures } = await server.waitFor(/reach it as (127\.0\.0\.1:\d+)#([\w-]{43})\n/);
  const [address = '', fingerprint = ''] = captures;
  return { home, server, address, fingerprint };
}

/** A server for all tests that do not mind who else was there; each has a name of its own. */
const shared = await serve({ after });

/** Somebody of this process, for what is said about others. */
async function connect(t: TestContext, name: string, server: string): Promise<Client> {
  const client = await Client.connect({ name, server });
  t.after(() => client.close());
  return client;
}

test('tells its version and its help, with an example for everybody', async (t) => {
  const home = temporaryHome(t);
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
  );
  assert.deepEqual(await run(home, ['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
  const help = await run(home, ['--help']);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /To chat:.*To run bots:.*To write plugins:.*The original's forms:/s);
  assert.doesNotMatch(help.stdout, /\beval\b/);
  const program = buildProgram(() => assert.fail('help does nothing else'));
  const commands = ['chat', 'history', 'run', 'serve', 'bot', 'trust', 'config'];
  commands.push('doctor', 'backup', 'restore', 'compact', 'stats');
  for (const command of commands) {
    assert.match(help.stdout, new RegExp(`^ {2}${command} `, 'm'));
    const known = program.commands.find((each) => each.name() === command);
    assert.match(known?.helpInformation() ?? '', new RegExp(`^Usage: banter ${command} `));
  }
  assert.match((await run(home, ['chat', '--help'])).stdout, /^Usage: banter chat /);
  const bare = await run(home, []);
  assert.deepEqual({ ...bare, stderr: '' }, { code: 2, stdout: '', stderr: '' });
  assert.match(bare.stderr, /Usage: banter/);
});

test('a command that neither talks nor serves loads neither, and nobody loads a browser’s way to the web', async (t) => {
  const listing = `import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    process.on('exit', () => console.error([...loaded, ...process.moduleLoadList].join('\\n')));`;
  const preload = `data:text/javascript,${encodeURIComponent(listing)}`;
  const program = startNode(temporaryHome(t), ['--import', preload, banterPath, 'plugin', 'list']);
  assert.equal((await program.exit()).code, 0);
  assert.match(program.stderr, /\/plugins\/runtime\.ts$/m);
  assert.doesNotMatch(program.stderr, /\/core\/(?:client|server|protocol)\/|sodium|undici/);
});

test('refuses what it does not know in one line with the remedy, and ends with 2', async (t) => {
  const home = temporaryHome(t);
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['caht', 'ann'], /^error: unknown command 'caht' \(Did you mean chat\?\); see .*\n$/],
    [['chat', '--foo'], /^error: unknown option '--foo'; see "banter --help"\n$/],
    [
      ['serve', '--prot', '1'],
      /^error: unknown option '--prot' \(Did you mean --port\?\); see .*\n$/,
    ],
    [['run'], /^error: missing required argument 'script'; see .*\n$/],
    [['-x'], /^error: unknown option '-x'; see .*\n$/],
    [
      ['serve', '-p', 'high'],
      /^error: port must be a whole number from 0 to 65535, not "high".*\n.*\n$/,
    ],
    [['chat'], /^error: a name is missing; give one, or set BANTER_NAME\n.*\n$/],
    [['chat', 'a b'], /^error: the name "a b" holds something other.*\n {7}Choose 1 to 32.*\n$/],
    [['chat', 'ann', 'a b'], /^error: "a b" is no address of a server\n.*\n$/],
    [['run', 'missing.txt', '--as', 'ann'], /^error: cannot read the script missing\.txt\n.*\n$/],
  ];
  for (const [args, words] of cases) {
    const { code, stdout, stderr } = await run(home, args);
    assert.match(stderr, words);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  }
});

test('ends with 3 where no server answers', async (t) => {
  const { code, stderr } = await run(temporaryHome(t), [
    'chat',
    'ann',
    `127.0.0.1:${await freePort()}`,
  ]);
  assert.equal(code, 3);
  assert.match(
    stderr,
    /^error: no server answers at 127\.0\.0\.1:\d+\n {7}Check address and port.*\n$/,
  );
});

test('runs lines, files and pipes alike', async (t) => {
  const home = temporaryHome(t);
  const address = await hostServer(home);
  const expected = 'group ops created; enter it with "join_group"\nops\n42\n';
  const lines = ['-e', 'create_group ops', '-e', 'list_groups', '-e', 'const n = 6', '-e', 'n * 7'];
  assert.deepEqual(await run(home, [...lines, '--as', 'ann', address]), {
    code: 0,
    stdout: expected,
    stderr: '',
  });
  const script = 'list_groups\nawait Promise.resolve(5)';
  writeFileSync(join(home.path, 'script.txt'), script);
  const outcome = { code: 0, stdout: 'ops\n5\n', stderr: '' };
  assert.deepEqual(await run(home, ['run', 'script.txt', address, '--as', 'ann']), outcome);
  assert.deepEqual(await run(home, ['run', '-', address, '--as', 'ann'], script), outcome);
  assert.deepEqual(await run(home, ['chat', 'ann', address], script), outcome);
});

test('a line that fails ends the script with 1, and is named', async () => {
  const { home, address } = shared;
  const lines = ['-e', 'join_group nowhere', '-e', 'list_users'];
  const stopped = await run(home, [...lines, '--as', 'bea', address]);
  assert.deepEqual({ ...stopped, stderr: '' }, { code: 1, stdout: '', stderr: '' });
  assert.match(stopped.stderr, /^-e:1: error: .*nowhere/);
  const went = await run(home, ['--keep-going', ...lines, '--as', 'bea', address]);
  assert.equal(went.code, 1);
  assert.match(went.stdout, /^bea +online$/m);
});

test('speaks JSON', async () => {
  const { home, address, fingerprint } = shared;
  const input = '{ "command": "list_groups", "id": 7 }';
  const args = ['run', '-', address, '--as', 'cid', '--json', '--json-in'];
  const { code, stdout } = await run(home, args, input);
  assert.equal(code, 0);
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  // Of whatever groups the other tests have made.
  const groups = objects.at(-1)?.result.groups;
  assert.ok(Array.isArray(groups));
  assert.deepEqual(objects, [
    { v: 1, type: 'ready', name: 'cid', groups: [], server: fingerprint },
    { v: 1, type: 'result', line: 1, id: 7, result: { type: 'groups', groups } },
  ]);
});

test('speaks JSON in which no character reaches a terminal that obeys it', async () => {
  const { home, address } = shared;
  const line = 'String.fromCharCode(0x9b, 0x7f, 0x202e)';
  const { code, stdout } = await run(home, ['-e', line, '--json', '--as', 'cid', address]);
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /[\u007f-\u009f\u202e]/);
  const objects = stdout
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each));
  assert.ok(objects.some(({ value }) => value === '\u009b\u007f\u202e'));
});

test('joins the group and loads the plugins that were asked for', async (t) => {
  const { home, address } = shared;
  await (await connect(t, 'founder', address)).createGroup('tools');
  const wishes = ['-g', 'tools', '--plugin', 'auto-reply', '--plugin', 'logger'];
  const there = await run(home, [
    '-e',
    'whoami',
    '-e',
    'plugin list',
    '--as',
    'dan',
    ...wishes,
    address,
  ]);
  assert.equal(there.code, 0, there.stderr);
  assert.match(
    there.stdout,
    /^dan, in #tools.*\nauto-reply 1\.0\.0 running\nlogger 1\.0\.0 running\n/,
  );
  const broken = await run(home, ['-e', 'whoami', '--as', 'dan', '--plugin', 'nosuch', address]);
  assert.deepEqual({ ...broken, stderr: '' }, { code: 2, stdout: '', stderr: '' });
  assert.match(broken.stderr, /^error: there is no plugin "nosuch"/);
});

test('ends with 4 where the name belongs to somebody else, or is in use', async (t) => {
  const { home, address } = shared;
  const first = startBanter(home, ['run', '-', address, '--as', 'ann']);
  first.write('whoami');
  await first.waitFor('ann, in no group');
  const taken = await run(temporaryHome(t), ['-e', 'whoami', '--as', 'ann', address]);
  assert.equal(taken.code, 4);
  assert.match(taken.stderr, /^error: the name "ann" belongs to another key\n/);
  const beside = await run(home, ['-e', 'list_users', '--as', 'ann', address]);
  assert.equal(beside.code, 0, 'one line beside a chat is an auxiliary connection');
  const present = await run(home, ['chat', 'ann', address]);
  assert.equal(present.code, 4);
  assert.match(present.stderr, /^error: .*\n.*--take-over/);
  const taker = await run(home, ['-e', 'whoami', '--as', 'ann', '--take-over', address]);
  assert.equal(taker.code, 0);
  assert.deepEqual(await first.exit(), { code: 3, signal: null });
});

test('shows the prompt on a terminal, and keeps the history in the data folder', async () => {
  const { home, address } = shared;
  const terminal = openBanter(home, ['chat', 'zoe', address]);
  await terminal.waitForScreen(/zoe is connected to 127.*\nzoe>$/);
  terminal.type('list_users\r');
  await terminal.waitForScreen(/^zoe +online\nzoe>$/m);
  terminal.type('.exit\r');
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
  assert.ok(existsSync(join(home.path, 'data/banter/history.jsonl')));
});

test('shows at the prompt what an earlier client was told and did not show', async (t) => {
  const { home, address } = shared;
  const away = startBanter(home, ['run', '-', address, '--as', 'eva']);
  away.write('create_group attic\njoin_group attic');
  await away.waitFor('you are in #attic');
  await (await connect(t, 'bob', address)).send('eva', 'psst');
  await away.waitFor('a message of bob is held back');
  await away.kill();
  const terminal = openBanter(home, ['chat', 'eva', address]);
  await terminal.waitForScreen(/bob → you +psst {2}\(held back\)/);
  await terminal.kill();
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} ends a server with ${code}, and a script too`, async (t) => {
    const { home, server, address } = await serve(t);
    const script = startBanter(home, ['run', '-', address, '--as', 'ann']);
    script.write('whoami\nawait chat.next()');
    await script.waitFor('ann, in no group');
    script.signal(signal);
    assert.deepEqual(await script.exit(), { code, signal: null });
    await server.waitFor('ann went offline');
    server.signal(signal);
    assert.deepEqual(await server.exit(), { code, signal: null });
  });
}

test('a server tells what happens, but not what is written', async (t) => {
  const { server, address } = await serve(t);
  const ann = await connect(t, 'ann', address);
  await ann.createGroup('ops');
  await ann.joinGroup('ops');
  await ann.sendGroup('ops', 'secret');
  await ann.leaveGroup('ops');
  await ann.close();
  await server.waitFor('ann went offline');
  assert.match(
    server.stdout.replaceAll(/^\d\d:\d\d:\d\d /gm, ''),
    /^ann is online from 127.*\nann created #ops\nann joined #ops\nann wrote 6 characters to #ops\nann left #ops \(left\)\n/m,
  );
  assert.doesNotMatch(server.stdout, /secret/);
});

test('a quiet server tells its address only', async (t) => {
  const { server, address } = await serve(t, ['--quiet', '--ephemeral']);
  const ann = await connect(t, 'ann', address);
  await ann.createGroup('ops');
  await ann.close();
  assert.equal(server.output.split('\n').length, 2);
});

test('a server keeps its key and who has which name, and announces its rules', async (t) => {
  const rules = ['--groups-per-client', '3', '--private-in-group'];
  const { home, server, address, fingerprint } = await serve(t, rules);
  const groups = ['create_group a', 'create_group b', 'join_group a', 'join_group b'];
  const lines = [...groups, 'send ann me', 'leave_group a'].flatMap((line) => ['-e', line]);
  const relaxed = await run(home, [...lines, '--as', 'ann', address]);
  assert.match(relaxed.stdout, /you are in #a\nyou are in #b\n/, relaxed.stderr);
  server.signal('SIGTERM');
  await server.exit();
  const port = address.split(':')[1] ?? '';
  const again = startBanter(home, ['serve', '-p', port, '--host', '127.0.0.1']);
  await again.waitFor(`#${fingerprint}`);
  const taken = await run(temporaryHome(t), ['-e', 'whoami', '--as', 'ann', address]);
  assert.equal(taken.code, 4);
});

test('a port that is in use is named', async (t) => {
  const port = shared.address.split(':')[1] ?? '';
  const { code, stderr } = await run(temporaryHome(t), [
    'serve',
    '-p',
    port,
    '--host',
    '127.0.0.1',
  ]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^error: UDP port ${port} is in use\n {7}Choose another port`));
});

test('prints the settings with their origin', async (t) => {
  const home = temporaryHome(t);
  writeFileSync(join(home.path, '.env'), 'BANTER_GROUP=ops\n');
  const { code, stdout, stderr } = await run(home, ['config', '--show-origin', '--debug']);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.match(stdout, /^group +ops +\.env: BANTER_GROUP$/m);
  assert.match(stdout, /^debug +true +command line$/m);
  assert.match(stdout, new RegExp(`^data +${join(home.path, 'data/banter')} +default$`, 'm'));
});

test('a reader that goes away ends a server quietly', async (t) => {
  const home = temporaryHome(t);
  const pipeline = `("$0" "$1" serve -p 0 --host 127.0.0.1 --ephemeral; echo "ended with $?" >&2) | head -n 1`;
  const shell = spawn('/bin/sh', ['-c', pipeline, process.execPath, banterPath], {
    cwd: home.path,
    env: home.environment,
    detached: true,
  });
  const piped = new ChildProgram(shell, 'serve | head');
  home.onClose(() => piped.kill());
  const { captures } = await piped.waitFor(/reach it as (127\.0\.0\.1:\d+)#/);
  // What it tells of this client finds no reader, and the client may find no server.
  await connect(t, 'ann', captures[0] ?? '').catch(() => undefined);
  await piped.exit();
  assert.equal(piped.stderr, 'ended with 0\n');
});

test('the original’s forms go to the classic profile', async (t) => {
  const { code, stdout } = await run(temporaryHome(t), ['-s', '80']);
  assert.deepEqual({ code, stdout }, { code: 1, stdout: 'Invalid server port number\n' });
  const client = await run(temporaryHome(t), ['-c', 'a;b', 'localhost', '5000', '5001']);
  assert.deepEqual(
    { code: client.code, stdout: client.stdout },
    { code: 1, stdout: 'Invalid username\n' },
  );
});
