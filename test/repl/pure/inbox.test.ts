/** The inbox behind `chat.next()`. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '../../../core/index.ts';
import { Inbox } from '../../../repl/inbox.ts';

function say(text: string, from = 'bob'): ChatMessage {
  return {
    type: 'private',
    mid: '0',
    from,
    text,
    sentAtMs: 0,
    bot: false,
    hops: 0,
    heldBack: false,
    kept: false,
  };
}

test('gives kept messages in order, each once', async () => {
  const inbox = new Inbox();
  for (const text of ['1', '2', '3']) inbox.push(say(text));
  assert.equal((await inbox.next({ text: '2' })).text, '2');
  assert.equal((await inbox.next()).text, '1');
  assert.equal((await inbox.next()).text, '3');
});

test('hands a message to the longest-waiting call that accepts it', async () => {
  const inbox = new Inbox();
  const [eve, any, late] = [inbox.next({ from: 'eve' }), inbox.next(), inbox.next()];
  inbox.push(say('to any'));
  inbox.push(say('to eve', 'eve'));
  inbox.push(say('to late'));
  assert.deepEqual(
    (await Promise.all([eve, any, late])).map(({ text }) => text),
    ['to eve', 'to any', 'to late'],
  );
});

test('matches by sender, group, text, pattern and function', async () => {
  const inbox = new Inbox();
  inbox.push(say('deploy 7 done'));
  const pattern = /deploy (\d)/g;
  assert.ok(pattern.test('deploy 7'));
  assert.equal((await inbox.next({ text: pattern })).text, 'deploy 7 done');
  inbox.push(say('x'));
  await assert.rejects(inbox.next({ group: 'ops' }, { timeoutMs: 1 }), { code: 'TIMED_OUT' });
  assert.equal((await inbox.next((message) => message.text === 'x')).text, 'x');
});

test('refuses a filter with a field that it does not know', async () => {
  const typo = JSON.parse('{"form": "bob"}');
  await assert.rejects(new Inbox().next(typo), { code: 'OPTION_INVALID' });
});

test('refuses a filter that nothing can match', async () => {
  for (const filter of [{ from: 3 }, { group: null }, { text: 7 }] as unknown[]) {
    await assert.rejects(new Inbox().next(filter as { text: string }), { code: 'OPTION_INVALID' });
  }
});

test('ends a wait by timeout, interruption and close', async () => {
  const inbox = new Inbox();
  await assert.rejects(inbox.next({}, { timeoutMs: 1 }), { code: 'TIMED_OUT' });
  await assert.rejects(inbox.next({}, { timeoutMs: 2 ** 31 }), { code: 'OPTION_INVALID' });
  const stop = new AbortController();
  const waiting = inbox.next({}, { signal: stop.signal });
  stop.abort();
  await assert.rejects(waiting, { code: 'ABORTED' });
  const open = inbox.next();
  inbox.push(say('kept'));
  await open;
  inbox.push(say('still kept'));
  inbox.close();
  assert.equal((await inbox.next()).text, 'still kept');
  await assert.rejects(inbox.next(), { code: 'CLOSED' });
});

test('a function that throws ends its own wait only', async () => {
  const inbox = new Inbox();
  const broken = inbox.next(() => {
    throw new RangeError('no');
  });
  const sound = inbox.next();
  inbox.push(say('x'));
  await assert.rejects(broken, RangeError);
  assert.equal((await sound).text, 'x');
});

test('drops the oldest at its bound and says how many', async () => {
  const inbox = new Inbox(10);
  for (let n = 0; n < 25; n++) inbox.push(say(String(n)));
  const dropped = inbox.takeDropped();
  assert.equal(inbox.takeDropped(), 0);
  assert.equal((await inbox.next()).text, String(dropped));
  assert.ok(dropped >= 15 && dropped <= 16);
});

test('refuses more than a thousand waits', async () => {
  const inbox = new Inbox();
  const waits = Array.from({ length: 1000 }, () => inbox.next());
  await assert.rejects(inbox.next(), { code: 'RATE_LIMITED' });
  inbox.close();
  await Promise.allSettled(waits);
});

test('forgets what came before a mark', async () => {
  const inbox = new Inbox();
  inbox.push(say('old'));
  const { mark } = inbox;
  inbox.push(say('new'));
  inbox.forgetBefore(mark);
  assert.equal((await inbox.next()).text, 'new');
  inbox.forgetBefore(inbox.mark);
});
