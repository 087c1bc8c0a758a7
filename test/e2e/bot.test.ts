/** A bot between real processes: it answers, outlives its server, and leaves when it is told to. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import greeter from '../../bots/greeter.ts';
import { Client } from '../../core/index.ts';
import { replay } from '../../plugins/testing.ts';
import { told } from '../core/client/world.ts';
import { freePort } from '../support/free-port.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { type ChildProgram, runBanter, startBanter } from '../support/processes.ts';
import { hostServer } from '../support/server.ts';
import { assertNothingRuns } from './living-processes.ts';

async function serve(home: Home, port: number): Promise<ChildProgram> {
  const server = startBanter(home, ['serve', '-p', `${port}`, '--host', '127.0.0.1']);
  await server.waitFor(/#[\w-]{43}/);
  return server;
}

async function greet(home: Home, server: string): Promise<ChildProgram> {
  const bot = startBanter(home, ['bot', 'greeter', '--server', server, '--http-port', '0']);
  await bot.waitFor('is in #lobby');
  return bot;
}

/** What the HTTP port of a bot answers. */
async function ask(
  bot: ChildProgram,
  path: string,
): Promise<Readonly<{ status: number; text: string }>> {
  const { captures } = await bot.waitFor(/health at (http:\/\/127\.0\.0\.1:\d+)\/healthz/);
  const answer = await fetch(`${captures[0]}${path}`);
  return { status: answer.status, text: await answer.text() };
}

test('the greeter answers, survives a crash of the server, and leaves at SIGTERM', async (t) => {
  const home = temporaryHome(t);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = await serve(home, port);
  const bot = await greet(home, address);
  const ann = await Client.connect({ name: 'ann', server: address });
  t.after(() => ann.close());
  const heard = told(ann, 'groupMessageReceived');
  const left = told(ann, 'memberLeft');
  await ann.joinGroup('lobby');
  // Of two plugins that have something to say neither is the first by right.
  const [welcome] = await heard.count(1);
  assert.match(welcome?.text ?? '', /Welcome/);
  assert.deepEqual([welcome?.from, welcome?.bot], ['greeter', true]);
  await ann.sendGroup('lobby', 'hello');
  assert.equal((await heard.count(2))[1]?.text, 'Hello, ann!');

  const health = await ask(bot, '/healthz');
  assert.deepEqual(health, { status: 200, text: '{"status":"ok","problems":[]}\n' });

  const back = once(ann, 'reconnected');
  server.signal('SIGKILL');
  await server.exit();
  const crashedAt = bot.output.length;
  const restarted = await serve(home, port);
  // Its membership has outlived the crash.
  await bot.waitFor('connected again', crashedAt);
  await back;
  await ann.sendGroup('lobby', 'hello');
  assert.equal((await heard.count(3))[2]?.text, 'Hello, ann!');

  bot.signal('SIGTERM');
  assert.deepEqual(await bot.exit(), { code: 143, signal: null });
  assertNothingRuns(bot.pid);
  const [gone] = await left.count(1);
  assert.deepEqual([gone?.name, gone?.reason], ['greeter', 'deregistered']);
  assert.deepEqual(await ann.listMembers('lobby'), ['ann']);

  restarted.signal('SIGTERM');
  assert.deepEqual(await restarted.exit(), { code: 143, signal: null });
  assertNothingRuns(restarted.pid);
});

test('a bot waits for a server that is not there yet, and stops waiting at SIGINT', async (t) => {
  const home = temporaryHome(t);
  const server = `127.0.0.1:${await freePort()}`;
  const bot = startBanter(home, ['bot', 'greeter', '--server', server, '--http-port', '0']);
  await bot.waitFor(/warn: no server answers at .*; trying again in/);
  const problems = '{"status":"unavailable","problems":["starting","disconnected"]}\n';
  assert.deepEqual(await ask(bot, '/healthz'), { status: 503, text: problems });
  bot.signal('SIGINT');
  assert.deepEqual(await bot.exit(), { code: 130, signal: null });
});

test('a bot of one’s own brings its plugin, its groups and its settings, and tells its figures', async (t) => {
  const home = temporaryHome(t);
  const address = await hostServer(home);
  writeFileSync(
    join(home.path, 'dice.ts'),
    `import { definePlugin } from 'banter/plugins';
     export default definePlugin({
       id: 'dice', version: '1.0.0',
       permissions: ['private.read', 'private.send', 'file.append'],
       config: { sides: { type: 'number', default: 6 } },
       setup(ctx) {
         const rolls = ctx.metrics.counter({ name: 'rolls', help: 'Rolls', labels: ['sides'] });
         ctx.command({ name: 'roll', description: 'Rolls.' }, async ({ message }) => {
           rolls.add(1, { sides: ctx.config.sides });
           await ctx.file.append('rolled for ' + message.from);
           return 'one of ' + ctx.config.sides;
         });
       },
     });`,
  );
  const definition = {
    name: 'roller',
    server: address,
    groups: ['games', 'more'],
    httpPort: 0,
    plugins: [
      {
        plugin: './dice.ts',
        config: { sides: 20 },
        permissions: ['private.read', 'private.send', 'file.append'],
      },
    ],
  };
  const file = join(home.path, 'roller.json');
  writeFileSync(file, JSON.stringify(definition));
  const bot = startBanter(home, ['bot', file]);
  await bot.waitFor('warn: the server allows 1 groups a client; left out: more');
  await bot.waitFor('is in #games');
  const ann = await Client.connect({ name: 'ann', server: address });
  t.after(() => ann.close());
  const heard = told(ann, 'privateMessageReceived');
  await ann.send('roller', '!roll');
  assert.equal((await heard.count(1))[0]?.text, 'one of 20');
  assert.ok(existsSync(join(home.path, 'data/banter/bots/roller/plugins/dice~2/dice.log')));
  const { text } = await ask(bot, '/metrics');
  for (const line of [
    'banter_bot_connected 1',
    'banter_bot_groups 1',
    'banter_bot_groups_wanted 2',
    'banter_bot_messages_total{type="private"} 1',
    'banter_bot_problem{problem="pluginQuarantined"} 0',
    'banter_plugin_state{plugin="dice",state="running"} 1',
    'banter_plugin_info{plugin="dice",version="1.0.0",isolation="shared"} 1',
    'banter_plugin_cpu_minute_limit_seconds{plugin="dice"} 20',
    'banter_plugin_sends_total{plugin="dice"} 1',
    'banter_plugin_restarts_total{plugin="dice"} 0',
    'plugin_rolls_total{plugin="dice",sides="20"} 1',
  ]) {
    assert.ok(text.includes(`\n${line}\n`), `${line} in\n${text}`);
  }
  assert.match(text, /^process_resident_memory_bytes \d+$/m);
});

test('a bot whose plugin was quarantined and is not tried again ends with 1 and says why', async (t) => {
  const home = temporaryHome(t);
  const address = await hostServer(home);
  writeFileSync(
    join(home.path, 'spin.ts'),
    `import { definePlugin } from 'banter/plugins';
     export default definePlugin({
       id: 'spin', version: '1.0.0', permissions: ['message.read'],
       setup(ctx) { ctx.on('message', () => { for (;;); }); },
     });`,
  );
  const file = join(home.path, 'spinner.json');
  const definition = {
    name: 'spinner',
    groups: ['ops'],
    plugins: [{ plugin: './spin.ts', permissions: ['message.read'] }],
    policy: { retryPlugins: false },
  };
  writeFileSync(file, JSON.stringify(definition));
  const bot = startBanter(home, ['bot', file, '--server', address]);
  await bot.waitFor('is in #ops');
  const client = await Client.connect({ name: 'ann', server: address });
  t.after(() => client.close());
  await client.joinGroup('ops');
  await client.sendGroup('ops', 'go');
  assert.deepEqual(await bot.exit(), { code: 1, signal: null });
  assert.match(bot.stderr, /^error: plugin spin was quarantined: /m);
  assertNothingRuns(bot.pid);
});

test('a bot that is refused or wrongly written ends at once', async (t) => {
  const home = temporaryHome(t);
  const other = temporaryHome(t);
  const address = await hostServer(home);
  await (await Client.connect({ name: 'ann', server: address })).close();
  const thief = startBanter(other, ['bot', 'greeter', '--server', address, '--name', 'ann']);
  assert.deepEqual(await thief.exit(), { code: 4, signal: null });
  assert.match(thief.stderr, /^error: the name "ann" belongs to another key\n +Choose another/m);
  const stranger = startBanter(home, ['bot', 'greter']);
  assert.deepEqual(await stranger.exit(), { code: 2, signal: null });
  assert.match(stranger.stderr, /^error: there is no bot "greter"; ready are greeter/);
});

test('what a bot, and a script, were told and said is recorded where that is asked for, and plays again', async (t) => {
  const home = temporaryHome(t);
  const server = await hostServer(home);
  const file = join(home.path, 'session.jsonl');
  const bot = startBanter(home, ['bot', 'greeter', '--server', server, '--record', file]);
  await bot.waitFor('is in #lobby');
  const own = join(home.path, 'own.jsonl');
  const lines = [
    `plugin record ${own}`,
    'plugin load dice',
    'join_group lobby',
    // The bot has two plugins, and which of two answers first is nobody's promise: one thing is said after the other.
    '(await chat.next({ from: "greeter", text: /Welcome/ })).text',
    'send_group hello',
    '(await chat.next({ from: "greeter", text: /^Hello, ann!$/ })).text',
    'plugin record off',
  ];
  const evals = lines.flatMap((line) => ['-e', line]);
  const script = await runBanter(home, ...evals, '--as', 'ann', server);
  assert.equal(script.code, 0, script.said);
  assert.match(
    script.stdout,
    /own\.jsonl records what plugins are told and say, private messages included/,
  );
  assert.match(script.stdout, /own\.jsonl: [1-9]\d* things told, 0 said/);
  bot.signal('SIGTERM');
  assert.equal((await bot.exit()).code, 143, bot.output);
  assert.match(
    bot.stdout,
    /session\.jsonl has [1-9]\d* things that plugins were told, and 2 that they said/,
  );
  for (const [recording, plugins] of [
    [file, greeter.plugins],
    [own, ['dice']],
  ] as const) {
    assert.equal(statSync(recording).mode & 0o777, 0o600);
    await replay(recording, { plugins });
  }
});
