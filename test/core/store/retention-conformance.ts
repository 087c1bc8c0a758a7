/** What every store promises of how long it keeps messages. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Dropped, StoreChange } from '../../../core/chat/records.ts';
import type { Retention } from '../../../core/chat/retention.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import type { Store } from '../../../core/store/store.ts';
import type { OpenStore, Said } from './store-conformance.ts';

const nowMs = 1_700_000_000_000;

/**
 * @param begun makes the group "Dev", and no other
 * @param appended is a message of it
 */
export function claimRetention(
  open: OpenStore,
  begun: readonly StoreChange[],
  appended: (seq: number, isHandled?: boolean, said?: Said) => StoreChange,
): void {
  it('drops the oldest messages beyond the bounds of age, count and size', async (t) => {
    const { store, reopen } = await open(t);
    const [logId = assert.fail()] = begun.flatMap((change) =>
      change.type === 'groupCreated' ? [change.logId] : [],
    );
    const other = new Uint8Array(8).fill(4);
    await store.write([...begun, { type: 'groupCreated', group: 'Ops', logId: other }]);
    const text = 'x'.repeat(1000);
    for (let seq = 1; seq <= 20; seq++) {
      await store.write([
        appended(seq, true, { sentAtMs: seq * 1000, text }),
        appended(seq, false, { sentAtMs: seq * 1000, text, group: 'Ops', counter: 100 + seq }),
      ]);
    }
    const kept = async (group: string) =>
      (await store.read({ group, afterSeq: 0, limit: 99 })).map(({ seq }) => seq);
    const from = (first: number) => Array.from({ length: 21 - first }, (_, at) => first + at);
    assert.deepEqual(await store.prune({ retention: {}, nowMs }), []);
    assert.deepEqual(told(await store.prune({ retention: { ageMs: 18_000 }, nowMs: 22_000 })), [
      ['Dev', toHex(logId), 4, 3],
      ['Ops', toHex(other), 4, 3],
    ]);
    assert.deepEqual([await kept('Dev'), await kept('Ops')], [from(4), from(4)]);
    // A group has as much kept as it says itself, and no more than all may.
    await store.write([
      { type: 'retentionSet', group: 'Dev', retention: { messages: 15 } },
      { type: 'retentionSet', group: 'Ops', retention: { messages: 8 } },
    ]);
    assert.deepEqual(told(await store.prune({ retention: { messages: 10 }, nowMs })), [
      ['Dev', toHex(logId), 11, 7],
      ['Ops', toHex(other), 13, 9],
    ]);
    assert.deepEqual([await kept('Dev'), await kept('Ops')], [from(11), from(13)]);
    await store.write([{ type: 'retentionSet', group: 'Ops', retention: {} }]);
    await prune(store, { bytes: 8000 });
    assert.deepEqual([await kept('Dev'), await kept('Ops')], [from(15), from(15)]);
    await store.write([
      { type: 'retentionSet', group: 'Dev', retention: { bytes: 6500, ageMs: 1_000_000 } },
    ]);
    await prune(store, { ageMs: 7500 }, 23_500);
    assert.deepEqual([await kept('Dev'), await kept('Ops')], [from(16), from(16)]);
    await store.write([{ type: 'retentionSet', group: 'Dev', retention: {} }]);
    assert.deepEqual(told(await store.prune({ retention: { bytesTotal: 7500 }, nowMs })), [
      ['Dev', toHex(logId), 18, 2],
      ['Ops', toHex(other), 18, 2],
    ]);
    assert.deepEqual([await kept('Dev'), await kept('Ops')], [from(18), from(18)]);
    const found = { group: 'Dev', words: text, beforeSeq: undefined, limit: 99 };
    assert.equal((await store.search(found)).length, 3);
    assert.equal((await store.load()).groups[0]?.headSeq, 20);
    await prune(store, { ageMs: 1 });
    const again = await reopen();
    const [group] = (await again.load()).groups;
    assert.deepEqual([group?.headSeq, group?.messages], [20, []]);
    await again.write([appended(21)]);
    assert.equal((await again.stats()).messages, 1);
  });

  it('drops few at a time, and says when it is done', async (t) => {
    const { store } = await open(t);
    await store.write([...begun, ...Array.from({ length: 700 }, (_, at) => appended(at + 1))]);
    const dropped: (Dropped | undefined)[] = [];
    do dropped.push((await store.prune({ retention: { messages: 100 }, nowMs }))[0]);
    while (dropped.at(-1) !== undefined);
    assert.deepEqual(
      dropped.map((part) => [part?.firstSeq, part?.messages]),
      [
        [257, 256],
        [513, 256],
        [601, 88],
        [undefined, undefined],
      ],
    );
  });
}

/** Drops whatever is beyond the bounds, in as many steps as it takes. */
async function prune(store: Store, retention: Retention, atMs = nowMs): Promise<void> {
  while ((await store.prune({ retention, nowMs: atMs })).length > 0);
}

/** What went, as plain data. */
function told(dropped: readonly Dropped[]): unknown {
  return dropped.map(({ group, logId, ...rest }) => [
    group,
    toHex(logId),
    rest.firstSeq,
    rest.messages,
  ]);
}
