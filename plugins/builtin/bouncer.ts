/** Mutes or kicks who floods a group, for everybody: `moderation` only hides it from who runs that. */

import { definePlugin, type GroupMessage, type PluginDefinition, type Settings } from '../sdk.ts';

/** Senders that are remembered at a time; of more the one that spoke longest ago is forgotten. */
const sendersMax = 1000;

const plugin: PluginDefinition<Settings> = definePlugin({
  id: 'bouncer',
  version: '1.0.0',
  description: 'Mutes or kicks who floods a group. It needs the role of a moderator there.',
  permissions: ['message.read', 'group.moderate'],
  config: {
    messagesMax: {
      type: 'integer',
      default: 8,
      minimum: 1,
      maximum: 100,
      description:
        'messages of one sender in one group within `seconds`; with one more something is done',
    },
    seconds: { type: 'number', default: 10, minimum: 1, description: 'see `messagesMax`' },
    deed: {
      type: 'string',
      default: 'mute',
      enum: ['mute', 'kick'],
      description: 'what is done',
    },
    minutes: { type: 'integer', default: 10, minimum: 1, description: 'how long a mute lasts' },
    trusted: {
      type: 'array',
      default: [],
      items: { type: 'string' },
      description: 'names that nothing of this holds for',
    },
  },
  setup(ctx) {
    const { messagesMax, seconds, deed, minutes } = ctx.config;
    const trusted = new Set(ctx.config.trusted);
    const reason = `more than ${messagesMax} messages in ${seconds} s`;
    /** By group and sender, when they spoke, by the server's clock; who spoke last at the end. */
    const spoke = new Map<string, readonly number[]>();

    const isFlood = ({ group, from, sentAtMs }: GroupMessage): boolean => {
      const who = `${group}/${from}`;
      const before = (spoke.get(who) ?? []).filter((ms) => sentAtMs - ms < seconds * 1000);
      spoke.delete(who);
      // Whoever goes on afterwards begins anew.
      if (before.length >= messagesMax) return true;
      spoke.set(who, [...before, sentAtMs]);
      const [oldest = who] = spoke.keys();
      if (spoke.size > sendersMax) spoke.delete(oldest);
      return false;
    };

    ctx.on('message', { includeBots: true, parallel: true }, async (message) => {
      const { group, from } = message;
      if (trusted.has(from) || !isFlood(message)) return;
      if (deed === 'kick') await ctx.moderation.kick(group, from, { reason });
      else await ctx.moderation.mute(group, from, { minutes, reason });
      ctx.log.info(`${deed} ${from} in #${group}: ${reason}`);
    });
  },
});

// biome-ignore lint/style/noDefaultExport: a plugin is the default export of its file.
export default plugin;
