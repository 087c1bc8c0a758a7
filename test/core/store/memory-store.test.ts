import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeMid } from '../../../core/chat/mids.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { conformanceOf } from './store-conformance.ts';

const seed = new Uint8Array(32).fill(1);

conformanceOf('MemoryStore', (_, limits) => {
  const store = new MemoryStore(seed, limits);
  return Promise.resolve({ store, reopen: () => Promise.resolve(store) });
});

describe('MemoryStore', () => {
  it('keeps no more of all logs than its limits say: the group quiet for longest loses first', async () => {
    const store = new MemoryStore(seed, { logBytesTotal: 3000 });
    const identity = '01'.repeat(32);
    for (const group of ['quiet', 'busy']) {
      store.write([{ type: 'groupCreated', group, logId: seed.subarray(0, 8) }]);
    }
    const say = (group: string, seq: number): void => {
      const mid = composeMid(seed.subarray(0, 8), seq);
      const said = { from: 'Ann', bot: false, hops: 0, sentAtMs: 0, text: 'x'.repeat(800) };
      const message = { mid, seq, ...said };
      store.write([{ type: 'messageAppended', group, identity, message, isHandled: false }]);
    };
    say('quiet', 1);
    for (let seq = 1; seq <= 4; seq++) say('busy', seq);
    const { groups } = await store.load();
    assert.deepEqual(
      groups.map(({ headSeq, messages }) => [headSeq, messages.map(({ seq }) => seq)]),
      [
        [1, []],
        [4, [2, 3, 4]],
      ],
    );
  });

  it('gives back as much of a log as a server keeps', async () => {
    const store = new MemoryStore(seed, { logMessages: 3 });
    store.write([{ type: 'groupCreated', group: 'dev', logId: seed.subarray(0, 8) }]);
    for (let seq = 1; seq <= 10; seq++) {
      const said = { from: 'Ann', bot: false, hops: 0, sentAtMs: 0, text: 'x' };
      const message = { mid: composeMid(seed.subarray(0, 8), seq), seq, ...said };
      const appended = { type: 'messageAppended', group: 'dev', identity: '', message } as const;
      store.write([{ ...appended, isHandled: false }]);
    }
    const seqs = async (afterSeq: number) =>
      (await store.read({ group: 'dev', afterSeq, limit: 9 })).map(({ seq }) => seq);
    assert.deepEqual([await seqs(0), await seqs(9)], [[8, 9, 10], [10]]);
    assert.deepEqual(
      (await store.load()).groups[0]?.messages.map(({ seq }) => seq),
      [8, 9, 10],
    );
  });

  it('refuses limits that are none', () => {
    assert.throws(() => new MemoryStore(seed, { logMessages: 0 }), { code: 'OPTION_INVALID' });
  });
});
