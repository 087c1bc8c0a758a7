/** The command of the command line that hands over what a plugin keeps: its arguments and options. */

import type { Add, CommonOptions, Perform } from './cli.ts';

interface AdoptOptions extends CommonOptions {
  readonly from?: string;
}

/** Adds `adopt`. */
export function addAdoption(add: Add, run: Perform): void {
  add(
    'adopt',
    'let a plugin go on with what another one of its id, from elsewhere, keeps and may do',
  )
    .argument('<plugin>', 'its file, or the name under which it is installed')
    .option('--from <source>', 'where the other one is from, if there are several')
    .action((plugin: string, { from, ...flags }: AdoptOptions) =>
      run(flags, async ({ config }) => {
        const { adoptPlugin } = await import('./plugin-adoption.ts');
        return adoptPlugin(config, plugin, from);
      }),
    );
}
