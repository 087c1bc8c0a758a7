import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from '../../../core/chat/token-bucket.ts';
import { RateTable } from '../../../core/protocol/rate-table.ts';

function takes(table: RateTable, key: string, now: number): boolean {
  if (!table.hasRoom(key, now)) return false;
  table.take(key, now);
  return true;
}

/** How many of many tries at one instant go through. */
function burstOf(table: RateTable, key: string, now: number): number {
  let count = 0;
  while (count < 10_000 && takes(table, key, now)) count++;
  return count;
}

describe('a table of rates', () => {
  it('grants a burst and then the steady rate, to each key by itself', () => {
    const table = new RateTable(20, 40);
    assert.equal(burstOf(table, 'a', 1000), 40);
    assert.equal(burstOf(table, 'a', 1049), 0);
    assert.equal(burstOf(table, 'a', 1050), 1);
    assert.equal(burstOf(table, 'b', 1050), 40);
    assert.equal(burstOf(table, 'a', 2050), 20);
    assert.equal(burstOf(table, 'a', 10_000), 40);
  });

  it('does as a token bucket would', () => {
    const gaps = fc.array(fc.nat(300), { maxLength: 200 });
    fc.assert(
      fc.property(
        gaps,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 9 }),
        (each, perSecond, burst) => {
          const table = new RateTable(perSecond, burst);
          const bucket = new TokenBucket(burst, perSecond);
          let now = 0;
          for (const gap of each) {
            now += gap;
            assert.equal(takes(table, 'key', now), bucket.take(now), `at ${now}`);
          }
        },
      ),
    );
  });

  it('remembers nothing of who only asks', () => {
    const table = new RateTable(1, 1);
    for (let at = 0; at < 100; at++) assert.ok(table.hasRoom(`key ${at}`, 0));
    assert.equal(table.size, 0);
  });

  it('forgets whose bucket is full again, as others come', () => {
    const table = new RateTable(10, 2);
    for (let at = 0; at < 1000; at++) table.take(`key ${at}`, 10 * at);
    assert.ok(table.size <= 11, `${table.size}`);
  });

  it('remembers 4096 at most, and forgets who came longest ago', () => {
    const table = new RateTable(1, 1);
    for (let at = 0; at < 4096; at++) table.take(`key ${at}`, 0);
    assert.ok(!table.hasRoom('key 0', 0));
    table.take('key 0', 0);
    for (let at = 4096; at < 8191; at++) table.take(`key ${at}`, 0);
    assert.equal(table.size, 4096);
    assert.ok(!table.hasRoom('key 0', 0));
    assert.ok(table.hasRoom('key 1', 0));
    assert.ok(!table.hasRoom('key 8190', 0));
  });
});
