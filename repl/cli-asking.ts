/** The commands of the command line that ask one thing, or carry a history in or out: their arguments and options. */

import type { Command } from 'commander';
import type { Question } from './asking.ts';
import type { Add, CommonOptions, Perform, Text } from './cli.ts';

interface AskOptions extends CommonOptions {
  readonly as?: string;
  readonly json?: true;
}

interface PageOptions extends AskOptions {
  readonly limit?: string;
  readonly before?: string;
}

/** Adds `groups`, `members`, `history`, `search` and `send`. */
export function addAsking(add: Add, run: Perform, serverHelp: string): void {
  const ask = (question: () => Question, server: Text, options: AskOptions): Promise<void> => {
    const { as: name, data, debug, json } = options;
    return run({ name, server, data, debug }, async (work) => {
      const module = await import('./asking.ts');
      return module.ask({ ...work, question: question(), json: json === true });
    });
  };
  form(add('groups', 'list the groups of a server'), serverHelp).action(
    (server: Text, options: AskOptions) => ask(() => ({ type: 'groups' }), server, options),
  );
  form(add('members', 'list who is in a group').argument('<group>'), serverHelp).action(
    (group: string, server: Text, options: AskOptions) =>
      ask(() => ({ type: 'members', group }), server, options),
  );
  paged(
    add('history', 'show what was said last in a group').argument('<group>'),
    serverHelp,
  ).action((group: string, server: Text, options: PageOptions) =>
    ask(() => ({ type: 'history', group, ...options }), server, options),
  );
  paged(
    add('search', 'find what was said in a group')
      .argument('<group>')
      .argument('<words>', 'all of which a message must contain'),
    serverHelp,
  ).action((group: string, words: string, server: Text, options: PageOptions) =>
    ask(() => ({ type: 'search', group, words, ...options }), server, options),
  );
  form(
    add('send', 'send a message')
      .argument('<to>', 'a name, or a group as "#ops"')
      .argument('<message>', 'or - for what stands on standard input'),
    serverHelp,
  ).action((to: string, text: string, server: Text, options: AskOptions) =>
    ask(() => ({ type: 'send', to, text }), server, options),
  );
}

interface ExportOptions extends CommonOptions {
  readonly as?: string;
  readonly output?: string;
  readonly stored?: true;
}

interface ImportOptions extends CommonOptions {
  readonly into?: string;
}

/** Adds `export` and `import`. */
export function addTransfer(add: Add, run: Perform, serverHelp: string): void {
  add('export', 'write down the history of a group as lines of JSON')
    .argument('<group>')
    .argument('[server]', serverHelp)
    .option('--as <name>', 'the name to speak under (BANTER_NAME)')
    .option('-o, --output <file>', 'a file that is not there yet; standard output without it')
    .option('--stored', 'read the folder of the server on this machine (--data), running or not')
    .action((group: string, server: Text, options: ExportOptions) => {
      const { as: name, output: file, stored, data, debug } = options;
      return run({ name, server, data, debug }, async (work) => {
        const { exportGroup } = await import('./transfer.ts');
        return exportGroup({ ...work, group, file, isStored: stored === true });
      });
    });
  add('import', 'make a group of an exported history, in the folder of a server that is stopped')
    .argument('<file>', 'as export has written it')
    .option('--into <group>', 'another name for the group')
    .action((file: string, { into, ...flags }: ImportOptions) =>
      run(flags, async ({ config }) => {
        const { importGroup } = await import('./transfer.ts');
        return importGroup({ config, file, into });
      }),
    );
}

function form(command: Command, serverHelp: string): Command {
  return command
    .argument('[server]', serverHelp)
    .option('--as <name>', 'the name to speak under (BANTER_NAME)')
    .option('--json', 'print one JSON object');
}

function paged(command: Command, serverHelp: string): Command {
  return form(command, serverHelp)
    .option('-n, --limit <count>', 'how many messages at most (20)')
    .option('--before <seq>', 'only those before the message of this number');
}
