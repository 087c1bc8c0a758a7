/** The commands of the command line for who writes plugins: their arguments and options. */

import type { Add, CommonOptions, Perform } from './cli.ts';

/** Adds `new`. */
export function addAuthoring(add: Add, run: Perform): void {
  add('new', 'make a folder with a plugin to begin with, and its test')
    .argument('<name>', 'its id: lower-case letters, digits and "-"')
    .action((name: string, flags: CommonOptions) =>
      run(flags, async () => {
        const { newPlugin } = await import('./new-plugin.ts');
        return newPlugin(name);
      }),
    );
}
