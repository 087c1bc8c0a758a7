import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { ChatMessage } from '../../../core/client-api.ts';
import { type Stage, stage } from '../world.ts';

const timeout = 60_000;

/** What the person at the client sees of these lines of alice, each a second after the one before, or at its own. */
async function seen(
  on: Stage,
  lines: readonly (string | readonly [text: string, atSecond: number])[],
): Promise<readonly string[]> {
  const texts: string[] = [];
  const told = ({ text }: ChatMessage): void => void texts.push(text);
  on.bot.on('messageReceived', told);
  for (const [index, line] of lines.entries()) {
    const [text, second] = typeof line === 'string' ? [line, index] : line;
    on.alice.say(text, { sentAtMs: second * 1000 });
  }
  // Trusted, so that it is seen in any case.
  on.world.member(`bob`).say('over');
  while (!texts.includes('over')) await once(on.bot, 'messageReceived');
  on.bot.off('messageReceived', told);
  return texts.slice(0, -1);
}

const trusted = ['bob'];

test('hides a flood, and shows who speaks again afterwards', { timeout }, async (t) => {
  const on = await stage(t);
  await on.runtime.load('moderation', { messagesMax: 3, trusted });
  const lines = await seen(on, ['a', 'b', 'c', 'd', 'e', ['f', 10], ['g', 10]]);
  assert.deepEqual(lines, ['a', 'b', 'c', 'f']);
  assert.match(
    (await on.logged(/is not shown/)).text,
    /^a message of #lab is not shown: alice said more than 3 things in 10 s/,
  );
  assert.equal(on.runtime.list()[0]?.counters.messagesStopped, 3);
});

test('what was missed and comes all at once is no flood', { timeout }, async (t) => {
  const on = await stage(t);
  await on.runtime.load('moderation', { messagesMax: 1, seconds: 1, trusted });
  const lines = Array.from({ length: 30 }, (_, at) => `line ${at}`);
  assert.deepEqual(await seen(on, lines), lines);
});

test('removes links but to hosts that are allowed', { timeout }, async (t) => {
  const on = await stage(t);
  await on.runtime.load('moderation', { hosts: ['example.org'], messagesMax: 100, trusted });
  const cases = [
    ['see https://evil.test/x and www.evil.test!', 'see [link removed] and [link removed]'],
    ['see https://example.org/x?y', 'see https://example.org/x?y'],
    ['see HTTPS://Docs.Example.Org:8443', 'see HTTPS://Docs.Example.Org:8443'],
    ['see https://example.org@evil.test', 'see [link removed]'],
    ['see https://notexample.org', 'see [link removed]'],
    ['see https://example.org.evil.test', 'see [link removed]'],
    ['see https://evil.test\\@example.org', 'see [link removed]'],
    ['no link: example', 'no link: example'],
  ] as const;
  assert.deepEqual(
    await seen(
      on,
      cases.map(([said]) => said),
    ),
    cases.map(([, shown]) => shown),
  );
});

test('stops messages with links where it is told to, and lets trusted names through', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.runtime.load('moderation', { links: 'stop', trusted });
  assert.deepEqual(await seen(on, ['https://evil.test', 'hello']), ['hello']);
  await on.runtime.unload('moderation');
  await on.runtime.load('moderation', { links: 'stop', trusted: ['alice', 'bob'] });
  assert.deepEqual(await seen(on, ['https://evil.test']), ['https://evil.test']);
});

test('survives nonsense', { timeout }, async (t) => {
  const on = await stage(t);
  await assert.rejects(on.runtime.load('moderation', { links: 'maybe' }), {
    code: 'PLUGIN_FAILED',
    message: /links: must be remove, stop or allow, not "maybe"/,
  });
  await on.runtime.load('moderation', { hosts: [1, null, {}], messagesMax: -1, trusted });
  assert.deepEqual(await seen(on, ['']), []);
  await on.runtime.unload('moderation');
  await on.runtime.load('moderation', { hosts: [''], messagesMax: 1000, trusted });
  const long = `https://${'a'.repeat(50_000)}`;
  const lines = await seen(on, ['', long, 'http://', 'www.@@@', '__proto__']);
  assert.deepEqual(lines, ['', '[link removed]', 'http://', '[link removed]', '__proto__']);
});
