/** A ready bot: in the group `lobby` it greets who joins, and answers who says hello. */

import { type BotDefinition, besideBots, defineBot } from './bot-file.ts';

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
    { plugin: besideBots('greeter-plugin'), permissions: ['message.read', 'message.send'] },
  ],
});

// biome-ignore lint/style/noDefaultExport: a bot is the default export of its file.
export default bot;
