import assert from 'node:assert/strict';
import { it } from 'node:test';
import { composeMid } from '../../../core/chat/mids.ts';
import { EphemeralStore } from '../../../core/store/ephemeral-store.ts';

it('an ephemeral store answers what was said until its group is removed, and keeps nothing of who was there', async () => {
  const eight = new Uint8Array(8);
  const identity = '01'.repeat(32);
  const store = new EphemeralStore(new Uint8Array(32));
  store.write([
    { type: 'nameBound', name: 'Ann', identity },
    { type: 'processOpened', identity, id: eight, nextCounter: 1 },
    { type: 'groupCreated', group: 'ops', logId: eight },
    { type: 'memberJoined', group: 'ops', name: 'Ann', ordinal: 1, seq: 0 },
  ]);
  for (const [at, text] of ['one deploy', 'two'].entries()) {
    const said = { from: 'Ann', bot: false, hops: 0, sentAtMs: 0, text };
    const message = { mid: composeMid(eight, at + 1), seq: at + 1, ...said };
    store.write([
      { type: 'messageAppended', group: 'ops', identity, message, isHandled: true },
      { type: 'memberConfirmed', group: 'ops', name: 'Ann', seq: at + 1 },
    ]);
  }
  const textsOf = (messages: readonly { readonly text: string }[]) =>
    messages.map(({ text }) => text);
  const all = { group: 'ops', limit: 10 };
  assert.deepEqual(textsOf(await store.read({ ...all, afterSeq: 1 })), ['two']);
  assert.deepEqual(textsOf(await store.history({ ...all, beforeSeq: undefined })), [
    'two',
    'one deploy',
  ]);
  const found = await store.search({ ...all, words: 'deploy', beforeSeq: undefined });
  assert.deepEqual(textsOf(found), ['one deploy']);
  const { names, processes, groups } = await store.load();
  assert.deepEqual([names, processes, groups.map(({ members }) => members)], [[], [], [[]]]);
  store.write([{ type: 'groupRemoved', group: 'ops' }]);
  const { messages, bytes } = await store.stats();
  assert.deepEqual([messages, bytes], [0, 0]);
});
