/** What a plugin may do, asked of a real person at a terminal, and told to whoever runs it unattended. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Home, temporaryHome } from '../support/home.ts';
import { startBanter } from '../support/processes.ts';
import { hostServer } from '../support/server.ts';
import { openBanter } from '../support/terminal.ts';

interface Place {
  readonly home: Home;
  readonly address: string;
  /** Writes the plugin that asks for this. */
  plugin(permissions: readonly string[]): void;
  /** What the file of grants says, by plugin. */
  grants(): unknown;
}

async function place(t: TestContext): Promise<Place> {
  const home = temporaryHome(t);
  const address = await hostServer(home);
  const plugin = (permissions: readonly string[]): void =>
    writeFileSync(
      join(home.path, 'tea.ts'),
      `import { definePlugin } from 'banter/plugins';
       export default definePlugin({
         id: 'tea', version: '1.0.0', description: 'Makes tea.',
         permissions: ${JSON.stringify(permissions)},
         setup(ctx) { ctx.log.info('the kettle is on'); },
       });`,
    );
  const file = join(home.path, 'data/banter/plugin-grants.json');
  return {
    home,
    address,
    plugin,
    grants: () => JSON.parse(readFileSync(file, 'utf8')).plugins[0].grants,
  };
}

test('who starts a chat with a plugin is asked once, in words', async (t) => {
  const { home, address, plugin, grants } = await place(t);
  plugin(['message.read', 'storage']);
  const args = ['chat', 'ann', address, '--plugin', './tea.ts'];
  const first = openBanter(home, args);
  const screen = await first.waitForScreen('Allow it, and remember that?');
  assert.match(screen, /^tea 1\.0\.0 \(.*\/tea\.ts\): Makes tea\.$/m);
  assert.match(screen, /^It asks to be allowed this:$/m);
  assert.match(screen, /^ {2}message\.read {2}reads the messages of your groups/m);
  first.type('#ops\r');
  await first.waitForScreen('ann>');
  assert.deepEqual(grants(), ['message.read@ops', 'storage']);
  first.type('.exit\r');
  await first.exit();

  const second = openBanter(home, args);
  await second.waitForScreen('ann>');
  assert.doesNotMatch(second.raw, /Allow it/);
  second.type('.exit\r');
  await second.exit();

  plugin(['message.read', 'storage', 'schedule']);
  const third = openBanter(home, args);
  const more = await third.waitForScreen('Allow it, and remember that?');
  assert.match(
    more,
    /^It asks for more than 1\.0\.0, which was granted message\.read@ops, storage:$/m,
  );
  assert.match(more, /^ {2}schedule {2}does things later/m);
  third.type('n\r');
  assert.deepEqual(await third.exit(), { code: 4, signal: null });
  assert.match(third.screen(), /error: tea 1\.0\.0 was not granted what it asks for/);
});

test('at the prompt, only what is typed after the question answers it, and others wait', async (t) => {
  const { home, address, plugin, grants } = await place(t);
  plugin(['message.read']);
  const terminal = openBanter(home, ['chat', 'ann', address]);
  await terminal.waitForScreen('ann>');
  terminal.type('plugin load ./tea.ts\ry\r');
  await terminal.waitForScreen('Allow it, and remember that?');
  terminal.type('maybe\r');
  await terminal.waitForScreen(/#lab\): maybe\nAllow it, and remember that\?.*:$/);
  terminal.type('yy\u007f');
  await terminal.waitForScreen(/: y$/);
  terminal.type('\r');
  await terminal.waitForScreen(/tea 1\.0\.0 running; may: message\.read\n.*ann> y\n/s);
  assert.deepEqual(grants(), ['message.read']);
  await terminal.waitForScreen('y is not defined');

  terminal.type('plugin unload tea\r');
  await terminal.waitForScreen('tea unloaded');
  plugin(['message.read', 'message.send']);
  terminal.type('plugin load ./tea.ts\r');
  await terminal.waitForScreen(/message\.send .*\nAllow it/);
  terminal.key('ctrl-c');
  await terminal.waitForScreen(/ann>$/);
  assert.deepEqual(grants(), ['message.read']);
  terminal.type('plugin list\r');
  await terminal.waitForScreen(/plugin list\n(?:no plugins|tea 1\.0\.0 stopped)/);
  terminal.type('.exit\r');
  await terminal.exit();
});

test('a script and a bot that may not ask end with the command that grants, and run after it', async (t) => {
  const { home, address, plugin, grants } = await place(t);
  plugin(['message.send', 'storage']);
  const line = ['-e', 'plugin load ./tea.ts', '--as', 'ann', address];
  const script = startBanter(home, line);
  assert.deepEqual(await script.exit(), { code: 1, signal: null });
  const [, command = ''] =
    /to grant it: (banter plugin grant \S+ message\.send storage)$/m.exec(script.stderr) ?? [];
  const file = join(home.path, 'teapot.json');
  writeFileSync(file, JSON.stringify({ name: 'teapot', groups: ['ops'], plugins: ['./tea.ts'] }));
  const bot = startBanter(home, ['bot', file, '--server', address]);
  assert.deepEqual(await bot.exit(), { code: 4, signal: null });
  assert.ok(bot.stderr.includes(command), bot.stderr);

  const grant = startBanter(home, command.split(' ').slice(1));
  assert.deepEqual(await grant.exit(), { code: 0, signal: null });
  assert.match(grant.stdout, /^ {2}message\.send {2}granted: writes to your groups/m);
  assert.deepEqual(grants(), ['message.send', 'storage']);
  const again = startBanter(home, line);
  assert.deepEqual(await again.exit(), { code: 0, signal: null });
  assert.match(again.stdout, /^tea 1\.0\.0 running; may: message\.send, storage$/m);
  const granted = startBanter(home, ['bot', file, '--server', address]);
  await granted.waitFor('plugin tea: the kettle is on');
  granted.signal('SIGTERM');
  await granted.exit();

  const revoke = startBanter(home, ['plugin', 'revoke', './tea.ts', 'storage']);
  assert.deepEqual(await revoke.exit(), { code: 0, signal: null });
  assert.match(revoke.stdout, /^tea 1\.0\.0 \(.*\) may: message\.send$/m);
  const refused = startBanter(home, line);
  assert.deepEqual(await refused.exit(), { code: 1, signal: null });
  assert.match(refused.stderr, /asks for more than was granted to 1\.0\.0: storage/);
});

test('grants that cannot be read stop whoever needs them, and stay as they are', async (t) => {
  const { home, address, plugin } = await place(t);
  plugin(['storage']);
  const granted = startBanter(home, ['plugin', 'grant', './tea.ts']);
  await granted.exit();
  const file = join(home.path, 'data/banter/plugin-grants.json');
  writeFileSync(file, '{"format":1,');
  for (const args of [
    ['plugin', 'permissions'],
    ['plugin', 'grant', './tea.ts'],
    ['-e', 'whoami', '--as', 'ann', '--plugin', './tea.ts', address],
  ]) {
    const program = startBanter(home, args);
    assert.deepEqual(await program.exit(), { code: 2, signal: null });
    assert.match(
      program.stderr,
      /^error: the grants of plugins in .*plugin-grants\.json cannot be read/m,
    );
  }
  assert.equal(readFileSync(file, 'utf8'), '{"format":1,');
});

test('at the prompt a plugin is reloaded by word, and by saving where that is watched', async (t) => {
  const { home, address } = await place(t);
  const save = (words: string): void =>
    writeFileSync(
      join(home.path, 'tea.ts'),
      `export default { id: 'tea', version: '1.0.0', permissions: [], setup(ctx) { ${words} } };`,
    );
  save(`ctx.log.info('one')`);
  const terminal = openBanter(home, ['chat', 'ann', address]);
  await terminal.waitForScreen('ann>');
  terminal.type('plugin load ./tea.ts\r');
  await terminal.waitForScreen('tea 1.0.0 running; may: nothing');
  save('null.x');
  terminal.type('plugin reload tea\r');
  await terminal.waitForScreen(/tea: TypeError: .* \(tea\.ts:1:\d+/);
  save(`ctx.log.info('two')`);
  terminal.type('plugin reload tea\r');
  await terminal.waitForScreen('tea 1.0.0 running now');
  terminal.type('plugin unload tea\r');
  await terminal.waitForScreen('tea unloaded');
  terminal.type('plugin load ./tea.ts --watched\r');
  await terminal.waitForScreen('no option --watched; there is --watch');
  terminal.type('plugin load ./tea.ts --watch {}\r');
  await terminal.waitForScreen(/--watch \{\}\n(?:.*\n)*tea 1\.0\.0 running/);
  save(`ctx.log.info('three')`);
  await terminal.waitForScreen('plugin tea: is reloaded: 1.0.0 runs');
  assert.match(terminal.screen(), /plugin tea: three/);
  terminal.type('.exit\r');
  await terminal.exit();
});
