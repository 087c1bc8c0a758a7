/** A flood of forged datagrams on loopback, and a chat that goes on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FloodedChat } from './flood.ts';

const perSecond = 10_000;
const seconds = 5;

test('every message arrives exactly once while ten thousand forged datagrams a second come', async (t) => {
  const chat = await FloodedChat.start();
  t.after(() => chat[Symbol.asyncDispose]());
  // Something for the attacker to have listened to.
  await chat.chatUntil(Promise.resolve());
  const { end } = await chat.flood(perSecond, seconds);
  await chat.chatUntil(end);
  const said = await chat.allHeard();
  const { sent, seconds: took } = await end;
  assert.equal(sent, perSecond * seconds);
  const dropped = await chat.dropped();
  t.diagnostic(
    `${said} messages, ${sent} forged datagrams in ${took.toFixed(1)} s, ${dropped} dropped`,
  );
  assert.ok(dropped > 0);
  const everything = Array.from({ length: said }, (_, at) => at + 1);
  for (const { seqs, ownSeqs } of chat.heard) {
    assert.deepEqual(
      seqs,
      seqs.toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      [...seqs, ...ownSeqs].sort((a, b) => a - b),
      everything,
    );
  }
});
