/** The commands of the command line for who runs servers: their arguments and options. */

import type { Add, CommonOptions, Perform, Text } from './cli.ts';

interface JsonOptions extends CommonOptions {
  readonly json?: true;
}

/** Adds `doctor`. */
export function addOperating(add: Add, run: Perform, serverHelp: string): void {
  add('doctor', 'look whether this machine and a server are as they should be')
    .argument('[server]', serverHelp)
    .option('--json', 'print one JSON object')
    .action((server: Text, { json, ...flags }: JsonOptions) =>
      run({ ...flags, server }, async ({ config, interruption: { signal } }) => {
        const { doctor } = await import('./doctor.ts');
        return doctor({ config, json: json === true, signal });
      }),
    );
}
