/** What every store promises of the rules of groups. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { GroupRule } from '../../../core/chat/group-rules.ts';
import type { StoreChange, StoredState } from '../../../core/chat/records.ts';
import type { OpenStore } from './store-conformance.ts';

/**
 * @param begun makes the group "Dev", and no other
 * @param said are messages in it, each with an ü
 */
export function claimRules(
  open: OpenStore,
  begun: readonly StoreChange[],
  said: readonly StoreChange[],
): void {
  it('keeps of each type and name the newest rule, in the order in which they were set', async (t) => {
    const { store, reopen } = await open(t);
    await store.write(begun);
    assert.deepEqual(rulesOf(await store.load()), []);
    const role = (name: string, given: 'guest' | 'moderator'): GroupRule => ({
      type: 'role',
      name,
      role: given,
    });
    const about = { by: 'Ann', reason: 'ü', identity: '02'.repeat(32) };
    const rules: readonly GroupRule[] = [
      { type: 'owner', name: 'Ann' },
      role('Bob', 'guest'),
      role('Carl', 'guest'),
      { type: 'ban', name: 'Eve', atMs: 1_700_000_000_000, ...about },
      { type: 'mute', name: 'Eve', untilMs: 0, ...about },
      { type: 'topic', text: 'one', by: 'Ann', atMs: 1 },
    ];
    await store.write(rules.map((rule) => ({ type: 'ruleSet', group: 'Dev', rule })));
    assert.deepEqual(byType(rulesOf(await store.load())), byType(rules));
    const later: readonly GroupRule[] = [
      { type: 'owner', name: 'Bob' },
      role('Bob', 'moderator'),
      { type: 'topic', text: 'two', by: 'Bob', atMs: 2 },
    ];
    await store.write([
      ...later.map((rule) => ({ type: 'ruleSet', group: 'Dev', rule }) as const),
      { type: 'ruleEnded', group: 'Dev', rule: 'ban', name: 'Eve' },
      { type: 'ruleEnded', group: 'Dev', rule: 'ban', name: 'Nobody' },
    ]);
    const kept = [later[0], role('Carl', 'guest'), later[1], rules[4], later[2]];
    assert.deepEqual(
      byType(rulesOf(await store.load())),
      byType(kept.flatMap((rule) => rule ?? [])),
    );
    await store.write([{ type: 'ruleEnded', group: 'Dev', rule: 'topic', name: '' }]);
    assert.equal(
      rulesOf(await store.load()).some(({ type }) => type === 'topic'),
      false,
    );
    const before = rulesOf(await store.load());
    assert.deepEqual(byType(rulesOf(await (await reopen()).load())), byType(before));
  });

  it('removes a group with all that is of it, and gives its name and nothing else to another', async (t) => {
    const { store, reopen } = await open(t);
    const other = new Uint8Array(8).fill(4);
    const topic = { type: 'topic', text: 'one', by: 'Ann', atMs: 1 } as const;
    await store.write([...begun, ...said, { type: 'ruleSet', group: 'Dev', rule: topic }]);
    await store.write([
      { type: 'groupCreated', group: 'Ops', logId: other },
      { type: 'groupRemoved', group: 'Dev' },
    ]);
    const left = await store.load();
    assert.deepEqual(
      left.groups.map(({ name }) => name),
      ['Ops'],
    );
    const query = { group: 'Dev', words: 'ü', beforeSeq: undefined, limit: 9 };
    assert.deepEqual(await store.search(query), []);
    await store.write([{ type: 'groupCreated', group: 'Dev', logId: other }]);
    const [, again] = (await store.load()).groups;
    assert.deepEqual(
      [again?.headSeq, again?.members, again?.rules, again?.messages],
      [0, [], [], []],
    );
    // Retention takes what is left of the removed one, a little at a time.
    while ((await store.prune({ retention: {}, nowMs: 1_800_000_000_000 })).length > 0);
    assert.deepEqual(await store.search(query), []);
    assert.equal((await store.stats()).messages, 0);
    await store.write([{ type: 'groupRemoved', group: 'Dev' }]);
    const kept = await (await reopen()).load();
    assert.deepEqual(
      kept.groups.map(({ name }) => name),
      ['Ops'],
    );
  });

  it('gives a group nothing of what was sent to one before it', async (t) => {
    const { store } = await open(t);
    await store.write([...begun, ...said, { type: 'groupRemoved', group: 'Dev' }]);
    while ((await store.prune({ retention: {}, nowMs: 1_800_000_000_000 })).length > 0);
    const logId = new Uint8Array(8).fill(5);
    await store.write([{ type: 'groupCreated', group: 'New', logId }]);
    const sends = (await store.load()).processes.flatMap((process) => process.sends);
    assert.ok(sends.every((send) => send.logId[0] !== 5));
  });
}

function rulesOf({ groups }: StoredState): readonly GroupRule[] {
  return groups[0]?.rules ?? [];
}

/** The rules of each type in their order; which type comes first is the store's affair. */
function byType(rules: readonly GroupRule[]): ReadonlyMap<string, readonly GroupRule[]> {
  return Map.groupBy(rules, ({ type }) => type);
}
