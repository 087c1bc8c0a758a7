/** Bot files: what is read, and how a wrong one is told to its author. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseBot } from '../../bots/bot-file.ts';
import { defineBot, findBot } from '../../bots/index.ts';
import { temporaryHome } from '../support/home.ts';

const least = { name: 'helper', groups: ['ops'], plugins: ['auto-reply'] };

function write(t: TestContext, name: string, text: string): string {
  const path = join(temporaryHome(t).path, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

test('reads a module and JSON alike', async (t) => {
  const text = JSON.stringify(least);
  const complete = {
    name: 'helper',
    server: undefined,
    groups: ['ops'],
    plugins: [{ plugin: 'auto-reply', config: {}, permissions: undefined, isolate: undefined }],
    policy: { createGroups: true, whenPluginFails: 'exit', retryPlugins: true },
    httpPort: undefined,
  };
  assert.deepEqual(await findBot(write(t, 'bot.json', text)), complete);
  const module = `const bot: { name: string } = ${text}; export default bot;`;
  assert.deepEqual(await findBot(write(t, 'bot.ts', module)), complete);
});

test('finds plugins from the folder of the file, and built-in ones by name', () => {
  const permissions = ['storage', 'message.read@ops'];
  const plain = { config: {}, permissions: undefined, isolate: undefined };
  const plugins = [
    './dice.ts',
    { plugin: '../x.js', config: { a: 1 }, permissions, isolation: 'process' },
    'logger',
  ];
  assert.deepEqual(parseBot({ ...least, plugins }, 'bot.json', '/some/where').plugins, [
    { plugin: '/some/where/dice.ts', ...plain },
    {
      plugin: '/some/x.js',
      config: { a: 1 },
      permissions: ['message.read@ops', 'storage'],
      isolate: true,
    },
    { plugin: 'logger', ...plain },
  ]);
});

test('names the file, the key and what was expected', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /^b\.ts: a bot must be an object, not missing$/],
    [[], /^b\.ts: a bot must be an object, not a list of 0$/],
    [{ ...least, nam: 'x' }, /^b\.ts: unknown key nam; known are name, server, groups/],
    [{ ...least, name: 'a b' }, /^b\.ts: name "a b" holds something other/],
    [{ ...least, name: undefined }, /^b\.ts: name missing is no text$/],
    [{ ...least, groups: [] }, /^b\.ts: groups must be a list of 1 to 100, not a list of 0$/],
    [{ ...least, groups: ['ok', 'server'] }, /^b\.ts: groups\[1\] "server" is reserved$/],
    [{ ...least, httpPort: '80' }, /^b\.ts: httpPort must be a port from 0 to 65535, not "80"$/],
    [{ ...least, httpPort: 65_536 }, /^b\.ts: httpPort must be a port from 0 to 65535/],
    [{ ...least, server: 5 }, /^b\.ts: server must be a text, not 5$/],
    [{ ...least, plugins: 'logger' }, /^b\.ts: plugins must be a list .* not "logger"$/],
    [{ ...least, plugins: [{ config: {} }] }, /^b\.ts: plugins\[0\]\.plugin must be a text/],
    [{ ...least, plugins: [{ plugin: 'x', cfg: 1 }] }, /^b\.ts: unknown key plugins\[0\]\.cfg/],
    [{ ...least, plugins: [{ plugin: 'x', config: 1 }] }, /plugins\[0\]\.config must be an object/],
    [
      { ...least, plugins: [{ plugin: 'x', permissions: ['root'] }] },
      /^b\.ts: plugins\[0\]\.permissions: there is no permission "root"; there are message\.read/,
    ],
    [{ ...least, plugins: [{ plugin: 'x', permissions: {} }] }, /permissions must be a list/],
    [
      { ...least, plugins: [{ plugin: 'x', isolation: 'shared' }] },
      /plugins\[0\]\.isolation must be "process" or left out, not "shared"/,
    ],
    [{ ...least, policy: { createGroups: 1 } }, /policy\.createGroups must be true or false/],
    [{ ...least, policy: { retryPlugins: 'no' } }, /policy\.retryPlugins must be true or false/],
    [{ ...least, policy: { whenPluginFails: 'x' } }, /whenPluginFails must be "exit" or "go-on"/],
  ];
  for (const [value, message] of cases) {
    assert.throws(() => parseBot(value, 'b.ts', '/'), { code: 'OPTION_INVALID', message });
  }
});

test('tells of a file that cannot be read, and of a name that no ready bot has', async (t) => {
  await assert.rejects(findBot(write(t, 'bot.json', '{')), { message: /bot\.json cannot be read/ });
  await assert.rejects(findBot(write(t, 'bot.ts', 'export default }')), {
    message: /bot\.ts cannot be read/,
  });
  await assert.rejects(findBot('/nowhere/bot.js'), { message: /cannot be read/ });
  await assert.rejects(findBot('greter'), { message: /no bot "greter"; ready are greeter/ });
});

test('defineBot changes nothing', () => {
  assert.equal(defineBot(least), least);
});

test('the ready bots can be read', async () => {
  const greeter = await findBot('greeter');
  assert.equal(greeter.name, 'greeter');
  assert.deepEqual(greeter.groups, ['lobby']);
});
