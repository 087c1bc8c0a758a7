/** What a person at a prompt sees of hooks: changed and stopped messages, who decided it, and plugins that are only tried. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Home, temporaryHome } from '../support/home.ts';
import { startBanter } from '../support/processes.ts';
import { hostServer } from '../support/server.ts';
import { openBanter } from '../support/terminal.ts';

async function place(t: TestContext): Promise<{ readonly home: Home; readonly address: string }> {
  const home = temporaryHome(t);
  const address = await hostServer(home);
  writeFileSync(
    join(home.path, 'polite.ts'),
    `import { definePlugin } from 'banter/plugins';
     export default definePlugin({
       id: 'polite', version: '1.0.0',
       permissions: ['message.change', 'message.read', 'message.send', 'storage'],
       async setup(ctx) {
         await ctx.storage.set('since', 2026);
         ctx.use('receive', { deadlineMs: 5000 }, (m) =>
           m.text.includes('rude') ? { stop: 'rude' } : { text: m.text.replace('damn', 'd—') });
         ctx.use('send', { deadlineMs: 5000 }, (m) =>
           m.text.includes('rude') ? { stop: 'not from here' } : undefined);
         ctx.on('message', (m) => m.reply('thank you'));
       },
     });`,
  );
  return { home, address };
}

/** Somebody else in the same group, who says what it is given, line by line. */
async function other(home: Home, address: string, group: string): Promise<(line: string) => void> {
  const program = startBanter(home, ['run', '-', address, '--as', 'bob', '-g', group], {
    environment: { BANTER_DATA: join(home.path, 'bob') },
  });
  return (line) => program.write(`send_group ${line}`);
}

test('at the prompt hooks change and stop messages, and "explain" and "tap" say who did', async (t) => {
  const { home, address } = await place(t);
  const terminal = openBanter(home, ['chat', 'ann', address]);
  await terminal.waitForScreen('ann>');
  terminal.type('create_group ops\r');
  await terminal.waitForScreen('group ops created');
  terminal.type('join_group ops\r');
  await terminal.waitForScreen('ann #ops>');
  terminal.type('plugin load ./polite.ts\r');
  await terminal.waitForScreen('Allow it, and remember that?');
  terminal.type('y\r');
  await terminal.waitForScreen('polite 1.0.0 running; may:');
  const say = await other(home, address, 'ops');
  say('that damn build');
  await terminal.waitForScreen(/#ops bob +that d— build/);
  say('something rude');
  await terminal.waitForScreen('a message of #ops is not shown: rude');
  terminal.type('send_group rude words\r');
  await terminal.waitForScreen('error: the plugin polite has stopped it: not from here');
  terminal.type('explain ops#1\r');
  await terminal.waitForScreen(/received #ops 1 bob: that damn build/);
  await terminal.waitForScreen(/polite +hook receive +changed \(/);
  await terminal.waitForScreen(/polite +send to #ops +done: as #ops \d/);
  terminal.type('send_group tea is ready\r');
  await terminal.waitForScreen(/tea is ready/);
  terminal.type('explain\r');
  await terminal.waitForScreen(/sent #ops \d tea is ready\n +polite +hook send +passed/);
  await terminal.waitForScreen(/- +limits +kept: 12 of 60000 bytes, 0 of 7 hops/);
  await terminal.waitForScreen(/- +send to #ops +sent: as #ops \d, in the server's memory \(/);
  terminal.type('tap polite\r');
  await terminal.waitForScreen('is shown until "tap off"');
  say('tea?');
  await terminal.waitForScreen(/polite ← message #ops bob tea\?/);
  await terminal.waitForScreen(/polite → sendGroup #ops thank you: done as #ops/);
  terminal.type('tap off\r');
  await terminal.waitForScreen('the tap is off');
  terminal.type('plugin storage polite\r');
  await terminal.waitForScreen(/^since$/m);
  terminal.type('plugin storage polite since\r');
  await terminal.waitForScreen(/^2026$/m);
  terminal.type('.plugins\r');
  await terminal.waitForScreen(/polite 1\.0\.0 running: \d events, 2 sent, 1 changed, 2 stopped/);
  terminal.type('explain nonsense\r');
  await terminal.waitForScreen('error: "nonsense" names no message');
  terminal.type('.exit\r');
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
});

test('in a dry run plugins say what they would send and change, and do neither', async (t) => {
  const { home, address } = await place(t);
  const args = ['chat', 'ann', address, '--plugin', './polite.ts', '--dry-run'];
  const terminal = openBanter(home, args);
  await terminal.waitForScreen('Allow it, and remember that?');
  terminal.type('y\r');
  await terminal.waitForScreen('ann>');
  terminal.type('create_group ops\r');
  await terminal.waitForScreen('group ops created');
  terminal.type('join_group ops\r');
  await terminal.waitForScreen('ann #ops>');
  const say = await other(home, address, 'ops');
  say('something rude');
  await terminal.waitForScreen(/#ops bob +something rude/);
  await terminal.waitForScreen('dry run, hook receive: a message would be stopped: rude');
  await terminal.waitForScreen('dry run, not sent to #ops: thank you');
  terminal.type('history\r');
  await terminal.waitForScreen(/something rude[\s\S]*something rude/);
  assert.doesNotMatch(terminal.screen(), /#ops ann/);
  terminal.type('.plugins\r');
  await terminal.waitForScreen('polite 1.0.0 running, dry run');
  terminal.type('.exit\r');
  await terminal.exit();
});
