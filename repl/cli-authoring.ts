/** The commands of the command line for who writes plugins: their arguments and options. */

import type { Add, CommonOptions, Perform, Text } from './cli.ts';

interface CheckOptions extends CommonOptions {
  readonly json?: true;
}

/** Adds `new`, `test` and `check`. */
export function addAuthoring(add: Add, run: Perform): void {
  add('new', 'make a folder with a plugin to begin with, and its test')
    .argument('<name>', 'its id: lower-case letters, digits and "-"')
    .action((name: string, flags: CommonOptions) =>
      run(flags, async () => {
        const { newPlugin } = await import('./new-plugin.ts');
        return newPlugin(name);
      }),
    );
  add('test', 'run the tests of a plugin, with banter/testing of this installation')
    .argument('[path]', 'its folder, or one file with tests; the working folder')
    .action((path: Text, flags: CommonOptions) =>
      run(flags, async ({ interruption: { signal } }) => {
        const { testPlugin } = await import('./plugin-tests.ts');
        return testPlugin(path ?? '.', signal);
      }),
    );
  add('check', 'look for errors in a plugin: manifest, bundle, permissions, types')
    .argument('[path]', 'its file, or its folder; the working folder')
    .option('--json', 'print one JSON object')
    .action((path: Text, { json, ...flags }: CheckOptions) =>
      run(flags, async () => {
        const [{ tellingErrors }, { checkPlugin }] = await Promise.all([
          import('./json-errors.ts'),
          import('./plugin-check.ts'),
        ]);
        return tellingErrors(json === true, () => checkPlugin(path ?? '.', json === true));
      }),
    );
}
