/** Writes what happens into a rotated file of JSON lines. */

import { definePlugin, type PluginDefinition, type Settings } from '../sdk.ts';

const plugin: PluginDefinition<Settings> = definePlugin({
  id: 'logger',
  version: '1.0.0',
  description: 'Writes what happens into a file of JSON lines.',
  permissions: ['message.read', 'private.read', 'file.append'],
  config: {
    privateMessages: {
      type: 'boolean',
      default: false,
      description: 'whether private messages are written too',
    },
  },
  setup(ctx) {
    // Lines are appended in the order in which they are handed over, whether or not that is waited for.
    const everything = { includeBots: true, includeRecovered: true, parallel: true };
    const write = (type: string, fields: object): Promise<void> =>
      ctx.file.append(JSON.stringify({ at: new Date().toISOString(), type, ...fields }));

    ctx.on('message', everything, ({ group, from, text, seq, mid, bot, recovered }) =>
      write('message', { group, from, text, seq, mid, bot, recovered }),
    );
    ctx.on('joined', everything, ({ group, name, bot }) => write('joined', { group, name, bot }));
    ctx.on('left', everything, ({ group, name, reason }) => write('left', { group, name, reason }));
    ctx.on('removed', ({ group, reason }) => write('removed', { group, reason }));
    ctx.on('gap', ({ group, count }) => write('gap', { group, count }));
    ctx.on('connected', () => write('connected', {}));
    ctx.on('disconnected', ({ reason }) => write('disconnected', { reason }));
    if (ctx.config.privateMessages) {
      ctx.on('private', everything, ({ from, text, mid, bot, kept }) =>
        write('private', { from, text, mid, bot, kept }),
      );
    }
  },
});

// biome-ignore lint/style/noDefaultExport: a plugin is the default export of its file.
export default plugin;
