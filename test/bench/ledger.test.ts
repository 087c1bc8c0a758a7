import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeText, Ledger } from './ledger.ts';

function ledgerOf(sequences: readonly number[]): Ledger {
  const ledger = new Ledger();
  for (const sequence of sequences) ledger.receive(composeText(sequence, 1_000_000, 100));
  return ledger;
}

describe('a ledger', () => {
  it('counts what comes once and in its turn, and tells when it was sent', () => {
    const ledger = ledgerOf([0, 1]);
    assert.equal(ledger.receive(composeText(2, 123_456_789, 100)), 123_456_789);
    assert.equal(ledger.delivered, 3);
    assert.equal(ledger.fault, undefined);
  });

  it('finds the first text that is lost, doubled or out of order', () => {
    assert.match(ledgerOf([0, 2]).fault ?? '', /2 came in the place of 1/);
    assert.match(ledgerOf([0, 0]).fault ?? '', /0 came in the place of 1/);
    assert.match(ledgerOf([1, 0]).fault ?? '', /1 came in the place of 0/);
    assert.equal(ledgerOf([1, 0]).delivered, 1);
  });

  it('gives texts of the length asked for', () => {
    assert.equal(composeText(7, 1_234_567_890, 100).length, 100);
  });
});
