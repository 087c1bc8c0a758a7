/** `npm run fuzz`: a million inputs, or as many as told, to everything that takes bytes from strangers. */

import { readFileSync, writeFileSync } from 'node:fs';
import { inspect, parseArgs } from 'node:util';
import { toHex } from '../../core/protocol/bytes.ts';
import { bytesOf, type RegressionEntry } from './corpus.ts';
import { type Crash, fuzz, replay } from './engine.ts';
import { ProgressLine } from './progress-line.ts';
import type { FuzzTarget } from './target.ts';
import { fuzzTargets } from './targets.ts';

const help = `npm run fuzz -- [options]

  --executions N   inputs in all (1,000,000)
  --seed N         what they follow from (random, and told)
  --target NAME    only this one; may be given more than once
  --out FILE       where a reproducer goes (fuzz-crash.json)
  --replay FILE    runs a reproducer instead
  --help

Targets: ${fuzzTargets.map(({ name }) => name).join(', ')}.
Exit code 1 with a reproducer at the first input that breaks a target, else 0; 2 for wrong options.
Copy a reproducer into test/fuzz/corpus/regressions.json once it is understood: npm test runs it ever after.
`;

function main(args: readonly string[]): number {
  let options: ReturnType<typeof parse>;
  try {
    options = parse(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${help}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  return options.replay === undefined ? search(options) : again(options.replay);
}

interface Search {
  readonly executions: number;
  readonly seed: number;
  readonly targets: readonly FuzzTarget[];
  readonly out: string;
}

function parse(
  args: readonly string[],
): Search & { readonly help: boolean; readonly replay: string | undefined } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      executions: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: `${Math.floor(Math.random() * 1_000_000)}` },
      target: { type: 'string', multiple: true, default: [] },
      out: { type: 'string', default: 'fuzz-crash.json' },
      replay: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { target: names, out, replay: file, help: isHelp } = values;
  for (const name of names) targetNamed(name);
  const targets = fuzzTargets.filter(({ name }) => names.length === 0 || names.includes(name));
  const executions = wholeNumber('executions', values.executions);
  return {
    executions,
    seed: wholeNumber('seed', values.seed),
    targets,
    out,
    replay: file,
    help: isHelp,
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`--${name} is "${text}", not a whole number`);
  }
  return value;
}

function targetNamed(name: string): FuzzTarget {
  const target = fuzzTargets.find((each) => each.name === name);
  if (target === undefined) throw new RangeError(`there is no target "${name}"`);
  return target;
}

function search({ executions, seed, targets, out }: Search): number {
  process.stdout.write(`seed ${seed}, ${executions.toLocaleString('en')} executions\n`);
  const progress = new ProgressLine(process.stdout, executions);
  const crash = fuzz({
    targets,
    executions,
    seed,
    onProgress: (done, target) => progress.show(done, target),
  });
  progress.end();
  if (crash === undefined) {
    process.stdout.write('nothing broke\n');
    return 0;
  }
  report(crash, out, seed);
  return 1;
}

function report({ target, inputs, error }: Crash, out: string, seed: number): void {
  const entry: RegressionEntry = {
    about: `${error instanceof Error ? error.message : error} (seed ${seed})`,
    target,
    inputs: inputs.map(toHex),
  };
  writeFileSync(out, `${JSON.stringify(entry, undefined, 2)}\n`);
  process.stdout.write(`${inspect(error)}\n\n${target} broke after ${inputs.length} inputs; the last is
${entry.inputs.at(-1)}
All of them stand in ${out}; npm run fuzz -- --replay ${out} runs them again.\n`);
}

function again(file: string): number {
  const entry: RegressionEntry = JSON.parse(readFileSync(file, 'utf8'));
  const crash = replay(targetNamed(entry.target), entry.inputs.map(bytesOf));
  process.stdout.write(crash === undefined ? 'nothing broke\n' : `${inspect(crash.error)}\n`);
  return crash === undefined ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
