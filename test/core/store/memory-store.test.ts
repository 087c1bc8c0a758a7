import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeMid } from '../../../core/chat/mids.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { conformanceOf } from './store-conformance.ts';

const seed = new Uint8Array(32).fill(1);

conformanceOf('MemoryStore', (_, limits) => Promise.resolve(new MemoryStore(seed, limits)));

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

  it('refuses limits that are none', () => {
    assert.throws(() => new MemoryStore(seed, { logMessages: 0 }), { code: 'OPTION_INVALID' });
  });
});
