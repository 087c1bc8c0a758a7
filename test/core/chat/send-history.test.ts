import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Effects } from '../../../core/chat/effects.ts';
import { Processes, SendHistory } from '../../../core/chat/send-history.ts';

const commit = (seq: number): { logId: Uint8Array; seq: number } => ({
  logId: new Uint8Array(8),
  seq,
});

describe('SendHistory', () => {
  it('tells apart what was committed, what is new, and what it cannot know', () => {
    const history = new SendHistory(1, 4);
    for (let counter = 1; counter <= 6; counter++) history.record(counter, commit(counter * 10));
    assert.deepEqual(history.find(6), commit(60));
    assert.deepEqual(history.find(3), commit(30));
    assert.equal(history.find(2), 'forgotten');
    assert.equal(history.find(7), 'fresh');
  });

  it('does not know what was sent before it began', () => {
    const history = new SendHistory(5, 100);
    assert.equal(history.find(4), 'forgotten');
    assert.equal(history.find(5), 'fresh');
  });

  it('takes a send that comes after later ones for new', () => {
    const history = new SendHistory(1, 4);
    history.record(3, commit(1));
    assert.equal(history.find(2), 'fresh');
    history.record(2, commit(2));
    assert.deepEqual(history.find(2), commit(2));
  });

  it('never calls a committed send new, whatever the order of counters', () => {
    const counter = fc.oneof(fc.nat(30), fc.nat(1e6));
    fc.assert(
      fc.property(fc.nat(10), fc.array(counter, { maxLength: 60 }), (begin, counters) => {
        const history = new SendHistory(begin, 8);
        const committed = new Map<number, number>();
        for (const [seq, counter] of counters.entries()) {
          const found = history.find(counter);
          if (typeof found === 'object') assert.equal(found.seq, committed.get(counter));
          else if (found === 'fresh') {
            assert.ok(!committed.has(counter) && counter >= begin);
            history.record(counter, commit(seq));
            committed.set(counter, seq);
            assert.deepEqual(history.find(counter), commit(seq));
          }
        }
      }),
    );
  });
});

describe('Processes', () => {
  const id = (number: number): Uint8Array => new Uint8Array(8).fill(number);

  it('remembers a process through its absence', () => {
    const processes = new Processes(2, 8, new Effects(true));
    const process = processes.open('a', id(1), 1);
    processes.close(process);
    assert.equal(processes.open('a', id(1), 9), process);
  });

  it('keeps equal process ids of two identities apart', () => {
    const processes = new Processes(2, 8, new Effects(true));
    assert.notEqual(processes.open('a', id(1), 1), processes.open('b', id(1), 1));
  });

  it('forgets the one that has been away longest, never one with a link', () => {
    const processes = new Processes(2, 8, new Effects(true));
    const opened = [1, 2, 3, 4].map((number) => processes.open('a', id(number), 1));
    const [first, second, third, fourth] = opened;
    const twice = processes.open('a', id(4), 1);
    for (const process of opened) processes.close(process);
    assert.equal(twice, fourth);
    assert.notEqual(processes.open('a', id(1), 1), first);
    assert.equal(processes.open('a', id(2), 1), second);
    assert.equal(processes.open('a', id(3), 1), third);
    assert.equal(processes.open('a', id(4), 1), fourth);
  });
});
