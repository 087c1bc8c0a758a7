/** `npm run bench`: measures the benchmarks asked for, all subjects of a round one after the other, and prints medians. */

import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark, Measurement, Result, Scale } from './benchmark.ts';
import { delivery } from './delivery.ts';
import { durable } from './durable.ts';
import { flood } from './flood.ts';
import { idle } from './idle.ts';
import { latency } from './latency.ts';
import { peers } from './peers/index.ts';
import { pluginHost } from './plugin-host.ts';
import { plugins } from './plugins.ts';
import { search } from './search.ts';
import { spawn } from './spawn.ts';
import { startUp } from './start-up.ts';
import { median } from './statistics.ts';
import { tableOf } from './table.ts';

const benchmarks: readonly Benchmark[] = [
  delivery,
  latency,
  durable,
  search,
  flood,
  idle,
  plugins,
  pluginHost,
  spawn,
  startUp,
];

const help = `npm run bench -- [options]

  --only a,b      benchmarks: ${benchmarks.map(({ name }) => name).join(', ')} (all)
  --peers a,b     servers: ${[...peers.keys()].join(', ')} (all)
  --rounds n      rounds of delivery, latency and flood; medians are told (3)
  --quick         one round, shorter, fewer clients
  --profile dir   processor profiles of the servers that run on Node, written to dir
  --json          figures for programs instead of tables
  --help
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const scale: Scale = values.quick
  ? { sendMs: 1000, idleClients: 1000, starts: 3, profileFolder: values.profile }
  : { sendMs: 2500, idleClients: 5000, starts: 11, profileFolder: values.profile };

/** @throws RangeError for a name that is not among them */
function namesOf(list: string | undefined, known: readonly string[]): readonly string[] {
  const names = list?.split(',') ?? known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RangeError(`"${unknown}" is none of ${known.join(', ')}`);
  return names;
}

async function measure(
  benchmark: Benchmark,
  subjects: readonly string[],
  rounds: number,
): Promise<readonly Result[]> {
  const measured = new Map<string, Measurement[]>(subjects.map((subject) => [subject, []]));
  const outcomes = new Map<string, Result['outcome']>();
  for (const subject of subjects) {
    const reason = benchmark.absence?.(subject);
    if (reason !== undefined) outcomes.set(subject, { type: 'absent', reason });
  }
  for (let round = 0; round < rounds; round++) {
    // Every other round backwards: what changes on the machine meanwhile falls on all alike.
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      if (outcomes.has(subject)) continue;
      progress(`${benchmark.name}, round ${round + 1} of ${rounds}: ${subject}`);
      try {
        measured.get(subject)?.push(await benchmark.measure(subject, scale));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        outcomes.set(subject, { type: 'failed', reason });
      }
    }
  }
  return subjects.map((subject) => {
    const runs = measured.get(subject) ?? [];
    const figures = Object.fromEntries(
      benchmark.figures.map(({ key }) => [key, median(runs.map((run) => run[key] ?? Number.NaN))]),
    );
    const outcome = outcomes.get(subject) ?? { type: 'measured', figures, rounds: runs.length };
    return { subject, outcome };
  });
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
}

async function run(): Promise<void> {
  const only = namesOf(
    values.only,
    benchmarks.map(({ name }) => name),
  );
  const chosen = namesOf(values.peers, [...peers.keys()]);
  const rounds = values.quick ? 1 : Number(values.rounds ?? 3);
  const selected = benchmarks.filter(({ name }) => only.includes(name));
  const machine = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    processor: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    // Before the first measurement: what else the machine was doing.
    load: loadavg()[0] ?? 0,
  };
  if (selected.some(({ needsBuild }) => needsBuild)) {
    progress('building dist');
    const top = new URL('../../', import.meta.url).pathname;
    execFileSync(process.execPath, [join(top, 'node_modules/typescript/bin/tsc')], { cwd: top });
  }
  const head = `${machine.date}, Node ${machine.node}, ${machine.processor}, load ${machine.load.toFixed(1)}`;
  if (!values.json) process.stdout.write(`${head}\n\n`);
  const results: Record<string, readonly Result[]> = {};
  for (const benchmark of selected) {
    const subjects = benchmark.subjects.filter((name) => !peers.has(name) || chosen.includes(name));
    const done = await measure(
      benchmark,
      subjects,
      Math.min(rounds, benchmark.roundsMax ?? rounds),
    );
    results[benchmark.name] = done;
    progress('');
    if (values.json) continue;
    const termsOf = benchmark.terms ?? ((subject: string) => peers.get(subject)?.terms);
    const lines = tableOf(benchmark, done, scale, termsOf);
    process.stdout.write(`${lines.join('\n')}\n\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ machine, scale, results })}\n`);
}

if (values.help) process.stdout.write(help);
else await run();
