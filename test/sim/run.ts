/** The command line of the simulation: a night's worth of seeds, or one of them with everything that happens. */

import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { WorkerPool } from './pool.ts';
import { Progress } from './progress.ts';
import { runSeeds } from './runner.ts';
import { trace } from './trace.ts';

interface RunOptions {
  readonly seeds: number;
  readonly first: number;
  readonly jobs: number;
  readonly keepGoing?: boolean;
  readonly seed?: number;
}

const { stdout } = process;

const program = new Command('npm run sim --')
  .description(
    'Plays conversations on simulated networks, each as bad as its seed, and checks that the chat keeps its promises.',
  )
  .option('--seeds <count>', 'how many seeds to play', wholeNumber, 1000)
  .option('--first <seed>', 'the first of them', wholeNumber, 1)
  .option('--jobs <count>', 'processes side by side', wholeNumber, availableParallelism())
  .option('--keep-going', 'play on after a seed that breaks a promise')
  .option(
    '--seed <seed>',
    'play this one only, and write down everything that happens',
    wholeNumber,
  )
  .addHelpText(
    'after',
    `
Exit codes: 0 when every promise was kept, 1 when one was broken, 2 for wrong usage.
A run on a terminal shows its progress, on a pipe it writes a line for every 1000 seeds.`,
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const options = program.parse().opts<RunOptions>();
process.exitCode =
  options.seed === undefined ? await playMany(options) : await playOne(options.seed);

async function playMany({ seeds, first, jobs, keepGoing = false }: RunOptions): Promise<number> {
  await using pool = new WorkerPool();
  const progress = new Progress({
    total: seeds,
    isTerminal: stdout.isTTY,
    columns: () => stdout.columns,
    now: () => performance.now(),
    write: (text) => stdout.write(text),
  });
  // Awaited here: the processes end with this function.
  return await runSeeds({
    first,
    count: seeds,
    jobs,
    keepGoing,
    progress,
    play: (seed) => pool.play(seed),
  });
}

async function playOne(seed: number): Promise<number> {
  // Who pipes it into `head` has seen enough.
  stdout.on('error', () => process.exit());
  const { violations } = await trace(seed, (line) => stdout.write(`${line}\n`));
  return violations.length > 0 ? 1 : 0;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d{1,15}$/.test(text) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
