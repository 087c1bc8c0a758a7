/** Long runs of the simulation: when they stop, what they tell, and how they end. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test, { describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Progress } from './progress.ts';
import { runSeeds } from './runner.ts';

const program = fileURLToPath(new URL('run.ts', import.meta.url));

describe('a long run', () => {
  test('ends with 0 when every seed keeps its promises, each played once', async () => {
    const { played, code, text } = await run({ count: 2500, broken: [], keepGoing: false });
    assert.equal(code, 0);
    assert.deepEqual(
      played,
      Array.from({ length: 2500 }, (_, at) => 101 + at),
    );
    assert.deepEqual(text, [
      '1000/2500 seeds, 40 %, 100.0/s, 00:00:15 left, 0 broken',
      '2000/2500 seeds, 80 %, 100.0/s, 00:00:05 left, 0 broken',
      '2500/2500 seeds, 100 %, 100.0/s, 00:00:00 left, 0 broken',
    ]);
  });

  test('stops at the first broken promise, and names its seed and how to play it again', async () => {
    const { played, code, text } = await run({ count: 500, broken: [110, 300], keepGoing: false });
    assert.equal(code, 1);
    assert.ok(played.length <= 12, `${played.length} played`);
    assert.equal(text[0], 'seed 110: 1 broken promises; again with: npm run sim -- --seed 110');
    assert.match(text[1] ?? '', /one order: planted/);
  });

  test('plays on after a broken promise where it is told so', async () => {
    const { played, code, text } = await run({ count: 500, broken: [110, 300], keepGoing: true });
    assert.equal(code, 1);
    assert.equal(played.length, 500);
    assert.equal(text.filter((line) => line.includes('again with')).length, 2);
    assert.match(text.at(-1) ?? '', /2 broken$/);
  });

  test('draws one line on a terminal, no wider than it', async () => {
    const { output } = await run({ count: 100, broken: [], keepGoing: false, columns: 50 });
    const lines = output.split('\r\u001b[K').slice(1);
    assert.ok(lines.length > 1);
    for (const line of lines) assert.ok(line.trimEnd().length < 50, line);
    assert.match(lines.at(-1) ?? '', /^█{30} 100\/100/);
  });

  test('plays seeds in processes, and one seed with everything that happens', () => {
    const many = spawnSync(process.execPath, [program, '--seeds', '3'], { encoding: 'utf8' });
    assert.equal(many.status, 0, many.stderr);
    assert.match(many.stdout, /^3\/3 seeds, 100 %.* 0 broken\n$/);
    const one = spawnSync(process.execPath, [program, '--seed', '3'], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    assert.equal(one.status, 0, one.stderr);
    for (const part of ['HELLO (1200 bytes)', 'MESSAGE 0/0', '! lost', 'says', 'hears hall']) {
      assert.ok(one.stdout.includes(part), part);
    }
    assert.match(one.stdout, /seed 3: every promise kept\n$/);
    const wrong = spawnSync(process.execPath, [program, '--seeds', 'many'], { encoding: 'utf8' });
    assert.equal(wrong.status, 2);
  });
});

/** Runs seeds from 101 that break promises as planted; each takes ten milliseconds of the run's own time. */
async function run(plan: {
  readonly count: number;
  readonly broken: readonly number[];
  readonly keepGoing: boolean;
  readonly columns?: number;
}): Promise<{
  readonly played: readonly number[];
  readonly code: number;
  readonly output: string;
  readonly text: readonly string[];
}> {
  const { count, broken, keepGoing, columns } = plan;
  const played: number[] = [];
  let output = '';
  const progress = new Progress({
    total: count,
    isTerminal: columns !== undefined,
    columns: () => columns ?? 80,
    now: () => played.length * 10,
    write: (text) => {
      output += text;
    },
  });
  const code = await runSeeds({
    first: 101,
    count,
    jobs: 1,
    keepGoing,
    progress,
    play: async (seed) => {
      played.push(seed);
      const violations = broken.includes(seed)
        ? [{ promise: 'one order', detail: 'planted' } as const]
        : [];
      return { seed, violations };
    },
  });
  return { played, code, output, text: output.split('\n').slice(0, -1) };
}
