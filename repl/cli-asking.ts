/** The commands of the command line that ask one thing: their arguments and options. */

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
