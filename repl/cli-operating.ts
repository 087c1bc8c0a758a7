/** The commands of the command line for who runs servers: their arguments and options. */

import type { Add, CommonOptions, Perform, Text } from './cli.ts';

interface JsonOptions extends CommonOptions {
  readonly json?: true;
}

interface RestoreOptions extends CommonOptions {
  readonly force?: true;
}

/** Adds `doctor`, `backup`, `restore`, `compact` and `stats`. */
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
  add('backup', 'copy a server, running or not, into one file')
    .argument('<file>', 'to make; only you can read it')
    .action((file: string, flags: CommonOptions) =>
      run(flags, async ({ config }) => {
        const { backup } = await import('./care.ts');
        return backup(config, file);
      }),
    );
  add('restore', 'make the folder of a server that does not run from a backup')
    .argument('<file>', 'that "banter backup" has made')
    .option('--force', 'put aside the server that the folder has')
    .action((file: string, { force, ...flags }: RestoreOptions) =>
      run(flags, async ({ config }) => {
        const { restore } = await import('./care.ts');
        return restore(config, file, force === true);
      }),
    );
  add('compact', 'give room back to the disk; the server must not run').action(
    (flags: CommonOptions) =>
      run(flags, async ({ config }) => {
        const { compact } = await import('./care.ts');
        return compact(config);
      }),
  );
  add('stats', 'tell how much a server keeps, running or not')
    .option('--json', 'print one JSON object')
    .action(({ json, ...flags }: JsonOptions) =>
      run(flags, async ({ config }) => {
        const { stats } = await import('./care.ts');
        return stats(config, json === true);
      }),
    );
}
