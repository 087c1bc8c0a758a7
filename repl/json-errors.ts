/** Errors of a command with `--json`: one object on standard output, as scripts and orders tell theirs. */

import { exitCodeOf } from './exit-codes.ts';

/** Does the work of a command; with `json` an error is told here. Resolves to the exit code. @throws without `json` what `work` throws */
export async function tellingErrors(json: boolean, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!json) throw error;
    // With them comes half of the chat, which who succeeds need not load.
    const { LineWriter } = await import('./line-writer.ts');
    const { JsonOutput } = await import('./script-output.ts');
    using lines = new LineWriter(process.stdout);
    new JsonOutput(lines).error(error, undefined);
    await lines.drained();
    return exitCodeOf(error);
  }
}
