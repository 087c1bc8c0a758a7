import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BanterError } from '../../core/errors.ts';

describe('a refusal', () => {
  const remedyAfter = (retryMs: number): string =>
    new BanterError('STORE_FULL', 'full', { data: { retryMs } }).remedy;

  it('says when to try again, if the server has, in words that people use', () => {
    const { remedy, retryWords } = new BanterError('STORE_FULL', 'full');
    assert.deepEqual([/Try again in/.test(remedy), retryWords], [false, undefined]);
    for (const [retryMs, words] of [
      [1, '1 s'],
      [2001, '3 s'],
      [60_000, '60 s'],
      [119_000, '119 s'],
      [120_000, '2 min'],
      [432_000, '8 min'],
      [7_200_001, '3 h'],
    ] as const) {
      assert.equal(remedyAfter(retryMs), `${remedy} Try again in ${words}.`);
    }
  });
});
