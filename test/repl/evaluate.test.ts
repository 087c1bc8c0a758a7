/** Evaluating JavaScript in V8's REPL mode. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Evaluator, IncompleteCode } from '../../repl/evaluate.ts';

const probe = {
  signals: [] as (AbortSignal | undefined)[],
  note(): void {
    probe.signals.push(evaluator.signal);
  },
  delay,
};
const evaluator = new Evaluator({
  globals: { probe },
  baseFile: join(import.meta.dirname, 'anything.js'),
});
after(() => evaluator[Symbol.dispose]());

function evaluate(source: string, signal = new AbortController().signal): Promise<unknown> {
  return evaluator.evaluate(source, { signal, name: 'test:1' });
}

test('gives back the very value, of every type', async () => {
  const object = {};
  Object.assign(probe, { object });
  assert.equal(await evaluate('probe.object'), object);
  const values = ['1', '-0', 'NaN', '-Infinity', '10n', '"text"', 'null', 'undefined', 'true'];
  for (const source of values)
    assert.ok(Object.is(await evaluate(source), evalOnce(source)), source);
  assert.equal(typeof (await evaluate('Symbol("s")')), 'symbol');
  assert.equal(typeof (await evaluate('() => 1')), 'function');
  assert.deepEqual(await evaluate('{a: 1, b: [2]}'), { a: 1, b: [2] });
  assert.equal(await evaluate('[] instanceof Array'), true);
});

test('keeps variables and lets them be declared again', async () => {
  await evaluate('const kept: number = 1; let other = 2');
  await evaluate('const kept = 3; class Kept { static x = 4 }');
  assert.equal(await evaluate('kept + other + Kept.x'), 9);
  await evaluate('const { a: first, b: [second] } = await Promise.resolve({ a: 5, b: [6] })');
  assert.equal(await evaluate('first + second'), 11);
});

test('evaluates every line exactly once', async () => {
  await evaluate('var times = 0');
  await evaluate('times++');
  await evaluate('await null; times++');
  assert.equal(await evaluate('times'), 2);
});

test('awaits promises, and rejects with the very reason', async () => {
  assert.equal(await evaluate('Promise.resolve(3)'), 3);
  const error = new RangeError('no');
  Object.assign(probe, { error });
  for (const source of [
    'throw probe.error',
    'await Promise.reject(probe.error)',
    'Promise.reject(probe.error)',
  ]) {
    await assert.rejects(evaluate(source), (thrown) => thrown === error);
  }
  await assert.rejects(evaluate('throw undefined'), (thrown) => thrown === undefined);
});

test('imports relative to its base file', async () => {
  await evaluate("import { safeText as shown } from '../../repl/safe-text.ts'");
  assert.equal(await evaluate('shown("\\x07")'), '␇');
  assert.equal(
    await evaluate("(await import('node:path')).sep === require('node:path').sep"),
    true,
  );
});

test('tells incomplete code from wrong code', async () => {
  await assert.rejects(evaluate('f('), IncompleteCode);
  await assert.rejects(evaluate('foo bar'), SyntaxError);
  await assert.rejects(evaluate('return 1'), SyntaxError);
});

test('knows on whose behalf code runs, also after its awaits', async () => {
  const { signal } = new AbortController();
  await evaluate('probe.note(); await probe.delay(1); probe.note()', signal);
  assert.deepEqual(probe.signals, [signal, signal]);
  assert.equal(evaluator.signal, undefined);
});

test('rejects at once when interrupted, whatever the code waits for', async () => {
  const stop = new AbortController();
  const evaluation = evaluate('new Promise(() => {})', stop.signal);
  stop.abort();
  await assert.rejects(evaluation, { code: 'ABORTED' });
  await assert.rejects(evaluate('1', stop.signal), { code: 'ABORTED' });
});

function evalOnce(source: string): unknown {
  return new Function(`return ${source}`)();
}
