import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { temporaryHome } from '../support/home.ts';
import { runCrashLoop } from './crash-loop.ts';
import { type Logs, verdictOn } from './verdict.ts';

describe('a server that is killed again and again', () => {
  it('has every acknowledged message once, in one order that all members heard, nothing that was not stored, and the same answer to who repeats itself', async (t) => {
    const report = await runCrashLoop({ seed: 1, rounds: 5, home: temporaryHome(t) });
    assert.deepEqual(report.violations, []);
    const { acknowledged, heard, repeated } = report;
    assert.ok(acknowledged > 100 && heard > 100 && repeated > 0, JSON.stringify(report));
  });
});

describe('the verdict', () => {
  const mid = new Uint8Array(16);
  const message = (seq: number, from: string, text: string) => ({
    ...{ mid, seq, from, text, bot: false, hops: 0, sentAtMs: 0 },
  });
  const logs = (...texts: readonly string[]): Logs =>
    new Map([['hall', texts.map((text, at) => message(at + 1, 'ann', text))]]);
  const said = (text: string, seq?: number, durable = true) => ({
    group: 'hall',
    text,
    receipt: seq === undefined ? undefined : { seq, durable },
  });
  const heard = (...texts: readonly string[]) =>
    texts.map((text, at) => ({ group: 'hall', seq: at + 1, from: 'ann', text }));
  const ann = { name: 'ann', said: [said('one', 1), said('two', 2)], heard: [], faults: [] };
  const bob = { name: 'bob', said: [], heard: heard('one', 'two'), faults: [] };

  it('finds nothing where every promise was kept', () => {
    assert.deepEqual(verdictOn([ann, bob], logs('one', 'two')), []);
  });

  it('finds a repetition that was answered otherwise than the message, by number or by log', () => {
    const answer = { group: 'hall', text: 'one', mid: 'ab', seq: 1, logId: '09' };
    const log = logs('one', 'two');
    const verdict = (...answers: readonly (typeof answer)[]) =>
      verdictOn([ann, bob], log, { said: ann.said, answers, faults: [] });
    assert.deepEqual(verdict(answer, { ...answer, mid: 'cd', seq: 2 }, answer), []);
    assert.match(verdict(answer, { ...answer, seq: 2 }).join(), /answered 09 1, and then 09 2/);
    assert.match(verdict(answer, { ...answer, logId: '08' }).join(), /09 1, and then 08 1/);
    const refused = { said: [said('three', 3)], answers: [], faults: ['"two", said again: 20'] };
    const [lost, fault] = verdictOn([], log, refused);
    assert.match(lost ?? '', /"three" was acknowledged as hall 3/);
    assert.equal(fault, '"two", said again: 20');
  });

  it('finds what was lost, doubled, moved, invented, kept from somebody or not durable', () => {
    const cases: readonly [RegExp, Parameters<typeof verdictOn>][] = [
      [/"two" was acknowledged as hall 2/, [[ann], logs('one')]],
      [/stored twice/, [[ann], logs('one', 'two', 'two')]],
      [/"one" was acknowledged as hall 1/, [[ann], logs('two', 'one')]],
      [/bob heard 2 "two" in hall where undefined/, [[bob], logs('one')]],
      [/bob heard undefined in hall where 3 "three"/, [[bob], logs('one', 'two', 'three')]],
      [/bob heard 1 "two"/, [[{ ...bob, heard: heard('two', 'one') }], logs('one', 'two')]],
      [/not durable/, [[{ ...ann, said: [said('one', 1, false)] }], logs('one')]],
      [/2 at place 1/, [[], new Map([['hall', [message(2, 'ann', 'one')]]])]],
      [/ann: a gap/, [[{ ...ann, faults: ['a gap of 3'] }], logs('one', 'two')]],
    ];
    for (const [finding, given] of cases) {
      assert.match(verdictOn(...given).join('\n'), finding);
    }
  });
});
