import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Benchmark, Result } from './benchmark.ts';
import { median, percentile } from './statistics.ts';
import { tableOf } from './table.ts';

const scale = { sendMs: 1000, idleClients: 10, starts: 1 };

const benchmark: Benchmark = {
  name: 'speed',
  about: () => 'how fast',
  subjects: ['ours', 'theirs', 'gone', 'broken'],
  reference: 'ours',
  figures: [{ key: 'perSecond', title: 'things/s', digits: 1 }],
  measure: () => Promise.resolve({}),
};

const results: readonly Result[] = [
  { subject: 'ours', outcome: { type: 'measured', figures: { perSecond: 3000 }, rounds: 1 } },
  { subject: 'theirs', outcome: { type: 'measured', figures: { perSecond: 1500 }, rounds: 1 } },
  { subject: 'gone', outcome: { type: 'absent', reason: 'not installed' } },
  { subject: 'broken', outcome: { type: 'failed', reason: 'it died' } },
];

describe('a table of figures', () => {
  it('compares every subject with the reference, and says why one has no figures', () => {
    const terms = (subject: string): string | undefined =>
      subject === 'theirs' ? 'in clear' : undefined;
    const lines = tableOf(benchmark, results, scale, terms).map((line) =>
      line.trim().replaceAll(/ {2,}/g, ' | '),
    );
    assert.deepEqual(lines, [
      'speed: how fast',
      "× is ours's figure over the row's.",
      'things/s | ×',
      'ours | 3,000.0 | 1.00',
      'theirs | 1,500.0 | 2.00 | in clear',
      'gone | not installed',
      'broken | FAILED: it died',
    ]);
  });

  it('takes the middle of figures, and percentiles', () => {
    assert.equal(median([3, 1, 2]), 2);
    const values = Array.from({ length: 1000 }, (_, at) => 999 - at);
    assert.equal(percentile(values, 0.99), 990);
    assert.ok(Number.isNaN(median([])));
  });
});
