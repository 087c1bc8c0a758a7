/** Greets people who join a group: an example of an event and a setting. */

import { definePlugin, type PluginDefinition, type Settings } from '../sdk.ts';

const plugin: PluginDefinition<Settings> = definePlugin({
  id: 'greeter',
  version: '1.0.0',
  description: 'Greets people who join a group.',
  permissions: ['message.read', 'message.send'],
  config: {
    greeting: {
      type: 'string',
      default: 'Hello, $name! Welcome to $group.',
      minLength: 1,
      maxLength: 1000,
      description: 'what is said; $name and $group stand for who joined, and where',
    },
  },
  setup(ctx) {
    ctx.on('joined', async ({ group, name }) => {
      const words: Readonly<Record<string, string>> = { $name: name, $group: group };
      const greeting = ctx.config.greeting.replace(
        /\$(?:name|group)\b/g,
        (word) => words[word] ?? word,
      );
      await ctx.send({ group }, greeting);
    });
  },
});

// biome-ignore lint/style/noDefaultExport: a plugin is the default export of its file.
export default plugin;
