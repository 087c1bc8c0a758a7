/** A ready bot: in the group `lobby` it greets who joins, and answers who says hello. */

import { type BotDefinition, defineBot } from './bot-file.ts';

const bot: BotDefinition = defineBot({
  name: 'greeter',
  groups: ['lobby'],
  plugins: [
    {
      plugin: 'auto-reply',
      config: {
        rules: [{ pattern: '^\\W*(?:hello|hi|hey)(?![\\p{L}\\p{N}])', reply: 'Hello, $from!' }],
      },
    },
    {
      plugin: 'greeter',
      config: { greeting: 'Hello, $name! Welcome to $group. Say hello, and I answer.' },
    },
  ],
});

// biome-ignore lint/style/noDefaultExport: a bot is the default export of its file.
export default bot;
