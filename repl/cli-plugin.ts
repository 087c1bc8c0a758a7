/** The commands of the command line about plugins: their arguments and options. */

import type { Add, CommonOptions, Perform, Text } from './cli.ts';
import { addAuthoring } from './cli-authoring.ts';
import { addAdoption } from './cli-plugin-adoption.ts';
import { addInstalling } from './cli-plugin-install.ts';

interface GrantOptions extends CommonOptions {
  readonly in?: readonly string[];
}

interface ListOptions extends CommonOptions {
  readonly json?: true;
}

const pluginHelp = 'its file, or the name under which it is installed';

/** Adds `plugin` with its subcommands. */
export function addPlugin(add: Add, run: Perform): void {
  const parent = add('plugin', 'write and install plugins, and say what they may do');
  const child: Add = (name, description) =>
    parent
      .command(name)
      .description(description)
      .option('--data <folder>', 'folder of identities, keys and history (BANTER_DATA)')
      .option('--debug', 'show stacks with errors (BANTER_DEBUG)');
  addAuthoring(child, run);
  addGrants(child, run);
  addInstalling(child, run);
  addAdoption(child, run);
}

function addGrants(add: Add, run: Perform): void {
  add('grant', 'let a plugin do what it asks for, without being asked')
    .argument('<plugin>', pluginHelp)
    .argument('[permission...]', 'like message.send, or message.read@ops; all that it asks for')
    .option('--in <group>', 'in this group only; may be given again', collect)
    .action((plugin: string, permissions: readonly string[], options: GrantOptions) => {
      const { in: groups, ...flags } = options;
      return run(flags, async ({ config }) => {
        const { grantPlugin } = await import('./plugin-grants.ts');
        return grantPlugin(config, plugin, { permissions, groups });
      });
    });
  add('revoke', 'take back what a plugin was granted; holds from its next load on')
    .argument('<plugin>', 'its id or its file')
    .argument('[permission...]', 'like message.send; everything')
    .action((plugin: string, permissions: readonly string[], flags: CommonOptions) =>
      run(flags, async ({ config }) => {
        const { revokePlugin } = await import('./plugin-grants.ts');
        return revokePlugin(config, plugin, permissions);
      }),
    );
  add('permissions', 'list what plugins were granted, or tell what one asks for')
    .argument('[plugin]', pluginHelp)
    .option('--json', 'print one JSON object')
    .action((plugin: Text, { json, ...flags }: ListOptions) =>
      run(flags, async ({ config }) => {
        const [{ tellingErrors }, { describePermissions }] = await Promise.all([
          import('./json-errors.ts'),
          import('./plugin-grants.ts'),
        ]);
        return tellingErrors(json === true, () =>
          describePermissions(config, plugin, json === true),
        );
      }),
    );
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
