import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Timers } from '../../../core/protocol/timers.ts';

/** Takes everything that is due. */
function takeAll(timers: Timers<string>, now: number): readonly string[] {
  const due: string[] = [];
  for (;;) {
    const item = timers.takeDue(now);
    if (item === undefined) return due;
    due.push(item);
  }
}

describe('Timers', () => {
  it('yield what is due, the earliest first, each once', () => {
    const timers = new Timers<string>();
    timers.set('late', 30);
    timers.set('early', 10);
    timers.set('later', 50);
    assert.equal(timers.next, 10);
    assert.deepEqual(takeAll(timers, 40), ['early', 'late']);
    assert.equal(timers.next, 50);
  });

  it('move an item earlier at once, and later only once it has come up', () => {
    const timers = new Timers<string>();
    timers.set('item', 50);
    timers.set('item', 20);
    timers.set('item', 90);
    assert.deepEqual(takeAll(timers, 20), ['item']);
    assert.deepEqual(takeAll(timers, 90), []);
    timers.set('item', 90);
    assert.deepEqual(takeAll(timers, 90), ['item']);
  });

  it('forget an item that is deleted', () => {
    const timers = new Timers<string>();
    timers.set('item', 10);
    timers.delete('item');
    assert.equal(timers.next, undefined);
    assert.deepEqual(takeAll(timers, 99), []);
  });

  it('keep few of the entries that have become stale', () => {
    const timers = new Timers<string>();
    timers.set('quiet', 40_000);
    for (let now = 0; now < 30_000; now += 10) {
      timers.set('busy', now + 45_000);
      timers.set('busy', now + 5);
      assert.deepEqual(takeAll(timers, now + 5), ['busy']);
    }
    assert.ok(timers.size <= 1000, `${timers.size} entries of one item`);
    assert.deepEqual(takeAll(timers, 40_000), ['quiet']);
  });

  it('behave like a table of earliest deadlines', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('set'), item: fc.nat(4), at: fc.nat(50) }),
      fc.record({ do: fc.constant('delete'), item: fc.nat(4), at: fc.constant(0) }),
      fc.record({ do: fc.constant('take'), item: fc.constant(0), at: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const timers = new Timers<string>();
        const model = new Map<string, number>();
        for (const { do: action, item: number, at } of steps) {
          const item = String(number);
          if (action === 'set') {
            timers.set(item, at);
            model.set(item, Math.min(model.get(item) ?? at, at));
          } else if (action === 'delete') {
            timers.delete(item);
            model.delete(item);
          } else {
            const due = [...model].filter(([, deadline]) => deadline <= at).map(([name]) => name);
            for (const name of due) model.delete(name);
            assert.deepEqual([...takeAll(timers, at)].sort(), due.sort());
          }
          const next = model.size === 0 ? undefined : Math.min(...model.values());
          assert.equal(timers.next, next);
        }
      }),
    );
  });
});
