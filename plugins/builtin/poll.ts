/** Asks a group: `!poll Lunch? | pizza | soup`, `!vote 2`. One poll a group, kept over restarts. */

import { definePlugin, type PluginDefinition, type Settings } from '../sdk.ts';

interface Poll {
  readonly question: string;
  readonly choices: readonly string[];
  readonly by: string;
  /** The place of the choice, from 0 on, by the name of the voter. */
  readonly votes: Readonly<Record<string, number>>;
}

const choicesMax = 10;
const charactersMax = 200;
/** Names and their votes have to fit into one kept value. */
const votersMax = 300;

const bounds = `2 to ${choicesMax} choices of at most ${charactersMax} characters.`;

const plugin: PluginDefinition<Settings> = definePlugin({
  id: 'poll',
  version: '1.0.0',
  description: 'Asks a group and counts the votes.',
  permissions: ['message.read', 'message.send', 'storage'],
  setup(ctx) {
    ctx.command(
      {
        name: 'poll',
        description: 'Asks the group, or shows how it stands.',
        args: [
          {
            name: 'poll',
            type: 'rest',
            optional: true,
            description: 'the question and the choices, between them |',
          },
        ],
        example: '!poll Lunch? | pizza | soup',
      },
      async ({ rest, usage, message }) => {
        if (message.type !== 'group') return;
        const form = `${usage} ${bounds}`;
        const present = await ctx.storage.get<Poll>(message.group);
        if (rest === '') return present === undefined ? form : standing(present);
        const [question = '', ...choices] = rest.split('|').map((part) => part.trim());
        if (!fits(question, choices)) return form;
        const poll: Poll = { question, choices, by: message.from, votes: {} };
        // Of two that begin at once, one does.
        const kept = await ctx.storage.update<Poll>(message.group, (other) => other ?? poll);
        return kept === poll
          ? `${standing(poll)}\nVote with !vote <number>.`
          : `There is a poll already; !endpoll ends it.`;
      },
    );

    ctx.command(
      {
        name: 'vote',
        description: 'Votes, or votes anew.',
        args: [{ name: 'number', type: 'integer', min: 1, max: choicesMax }],
        example: '!vote 2',
      },
      async ({ args: { number }, message }) => {
        if (message.type !== 'group') return;
        let answer = 'There is no poll; !poll begins one.';
        await ctx.storage.update<Poll>(message.group, (poll) => {
          if (poll === undefined) return undefined;
          const choice = poll.choices[number - 1];
          const votes = { ...poll.votes, [message.from]: number - 1 };
          if (choice === undefined) {
            answer = `${message.from}, vote for 1 to ${poll.choices.length}.`;
            return undefined;
          }
          if (Object.keys(votes).length > votersMax) {
            answer = `${votersMax} have voted; there is no room for more.`;
            return undefined;
          }
          answer = `${message.from}: ${choice}`;
          return { ...poll, votes };
        });
        return answer;
      },
    );

    ctx.command(
      { name: 'endpoll', description: 'Ends the poll, for whoever began it.' },
      async ({ message }) => {
        if (message.type !== 'group') return;
        const poll = await ctx.storage.get<Poll>(message.group);
        if (poll === undefined) return 'There is no poll.';
        if (poll.by !== message.from) return `${poll.by} began it, and ends it.`;
        await ctx.storage.delete(message.group);
        return `Ended. ${standing(poll)}`;
      },
    );
  },
});

// biome-ignore lint/style/noDefaultExport: a plugin is the default export of its file.
export default plugin;

function fits(question: string, choices: readonly string[]): boolean {
  const texts = [question, ...choices];
  return (
    choices.length >= 2 &&
    choices.length <= choicesMax &&
    texts.every(({ length }) => length > 0 && length <= charactersMax)
  );
}

function standing({ question, choices, votes }: Poll): string {
  const all = Object.values(votes);
  const lines = choices.map((choice, index) => {
    const count = all.filter((vote) => vote === index).length;
    return `${index + 1}. ${choice}: ${count}`;
  });
  return [question, ...lines].join('\n');
}
