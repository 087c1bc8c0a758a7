/** The command line of the crash loop: kills, or power cuts, and what clients say of them. */

import { Command, InvalidArgumentError } from 'commander';
import { Progress } from '../sim/progress.ts';
import { temporaryHome } from '../support/home.ts';
import { runCrashLoop } from './crash-loop.ts';
import { powerCuts } from './power-cut.ts';

interface RunOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly power?: boolean;
  readonly control?: boolean;
}

const { stdout } = process;

const program = new Command('npm run crash --')
  .description(
    'Kills a server while clients talk, starts it again, and checks what they were told.',
  )
  .option('--rounds <count>', 'how often it is killed', wholeNumber, 50)
  .option('--seed <seed>', 'when', wholeNumber, 1)
  .option('--power', 'cut the power instead: only what was synced is left (Linux, needs cc)')
  .option('--control', 'the same with synchronous=NORMAL, which must be caught losing')
  .addHelpText(
    'after',
    `
Exit codes: 0 when every promise was kept, or the control was caught; 1 otherwise; 2 for wrong usage.`,
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const options = program.parse().opts<RunOptions>();
process.exitCode = await run(options);

async function run({ rounds, seed, power = false, control = false }: RunOptions): Promise<number> {
  await using closers = new AsyncDisposableStack();
  const home = temporaryHome({ after: (close) => closers.defer(close) });
  const progress = new Progress({
    total: rounds,
    unit: 'rounds',
    perLine: 10,
    isTerminal: stdout.isTTY,
    columns: () => stdout.columns,
    now: () => performance.now(),
    write: (text) => stdout.write(text),
  });
  const cuts = power || control ? powerCuts(home, control ? 'NORMAL' : 'FULL') : {};
  const onRound = (): void => progress.played(false);
  const report = await runCrashLoop({ seed, rounds, home, onRound, ...cuts });
  progress.end();
  const { acknowledged, heard, repeated, unknown, violations } = report;
  const counts = `${acknowledged} acknowledged, ${heard} heard, ${repeated} repeated, ${unknown} of unknown outcome`;
  stdout.write(`seed ${seed}: ${counts}\n`);
  for (const violation of violations) stdout.write(`  ${violation}\n`);
  const hasKept = violations.length === 0;
  if (control) stdout.write(hasKept ? 'the control was not caught\n' : 'the control was caught\n');
  else stdout.write(hasKept ? 'every promise was kept\n' : 'promises were broken\n');
  return hasKept === control ? 1 : 0;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d{1,9}$/.test(text) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
