/** The commands of the command line about installed plugins: their arguments and options. */

import type { Add, CommonOptions, Perform, Text } from './cli.ts';

interface ListOptions extends CommonOptions {
  readonly json?: true;
}

interface InstallOptions extends CommonOptions {
  readonly integrity?: string;
}

/** Adds `install`, `uninstall`, `list` and `pack`. */
export function addInstalling(add: Add, run: Perform): void {
  add('install', 'keep a plugin as it is now, to be loaded by its id')
    .argument(
      '<plugin>',
      'its file, a folder whose package.json names it as "main", a tarball (.tgz), or a package: <name>[@<version>]; npm:<name> and ./<name> where both are there',
    )
    .option(
      '--integrity <sha512>',
      'of the tarball or package, as npm writes it; another is refused',
    )
    .action((plugin: string, { integrity, ...flags }: InstallOptions) =>
      run(flags, async ({ config, interruption: { signal } }) => {
        const { installPlugin } = await import('./plugin-install.ts');
        return installPlugin(config, plugin, { integrity, signal });
      }),
    );
  add('uninstall', 'remove an installed plugin; what it was granted and what it keeps stay')
    .argument('<id>', 'see "banter plugin list"')
    .action((id: string, flags: CommonOptions) =>
      run(flags, async ({ config }) => {
        const { uninstallPlugin } = await import('./plugin-install.ts');
        return uninstallPlugin(config, id);
      }),
    );
  add('list', 'list the installed plugins')
    .option('--json', 'print one JSON array')
    .action(({ json, ...flags }: ListOptions) =>
      run(flags, async ({ config }) => {
        const [{ tellingErrors }, { listPlugins }] = await Promise.all([
          import('./json-errors.ts'),
          import('./plugin-install.ts'),
        ]);
        return tellingErrors(json === true, () => listPlugins(config, json === true));
      }),
    );
  add('pack', 'make a tarball of a plugin, to be installed elsewhere')
    .argument('[plugin]', 'its file or folder; the working folder')
    .action((plugin: Text, flags: CommonOptions) =>
      run(flags, async () => {
        const { packPlugin } = await import('./plugin-install.ts');
        return packPlugin(plugin ?? '.');
      }),
    );
}
