/** Keeps floods and links of strangers off the screen: what hooks are for. */

import { definePlugin, type GroupMessage, type PluginDefinition, type Settings } from '../sdk.ts';

/** Senders that are remembered at a time; of more the one that spoke longest ago is forgotten. */
const sendersMax = 1000;

const link = /\b(?:https?:\/\/|www\.)[^\s<>"]+/giu;

const plugin: PluginDefinition<Settings> = definePlugin({
  id: 'moderation',
  version: '1.0.0',
  description: 'Hides floods and links, for you alone: others see what they see.',
  permissions: ['message.change'],
  config: {
    messagesMax: {
      type: 'number',
      default: 8,
      description: 'messages of one sender in one group within `seconds`; further ones are stopped',
    },
    seconds: { type: 'number', default: 10, description: 'see `messagesMax`' },
    links: {
      type: 'string',
      default: 'remove',
      description: '`remove` them from the text, `stop` the message, or `allow` them',
    },
    hosts: {
      type: 'array',
      default: [],
      description: 'hosts that may be linked to, with what is below them',
    },
    trusted: { type: 'array', default: [], description: 'names that nothing of this holds for' },
  },
  setup(ctx) {
    const { messagesMax, seconds, links } = ctx.config;
    if (links !== 'remove' && links !== 'stop' && links !== 'allow') {
      throw new Error(`links: must be remove, stop or allow, not "${links}"`);
    }
    const hosts = ctx.config.hosts.map((host) => String(host).toLowerCase()).filter(Boolean);
    const trusted = new Set(ctx.config.trusted.map(String));
    const floods = new Floods(messagesMax, seconds * 1000);

    // On a busy machine a message rather comes late than unfiltered; if it comes to that, it is shown as it is.
    ctx.use('receive', { deadlineMs: 2000, onFailure: 'open' }, (message) => {
      if (message.type !== 'group' || trusted.has(message.from)) return undefined;
      if (floods.isFlood(message)) {
        return { stop: `${message.from} said more than ${messagesMax} things in ${seconds} s` };
      }
      if (links === 'allow') return undefined;
      const text = message.text.replace(link, (found) =>
        isAllowed(found, hosts) ? found : '[link removed]',
      );
      if (text === message.text) return undefined;
      return links === 'stop' ? { stop: `a link of ${message.from}` } : { text };
    });
  },
});

/** When who spoke, by the server's clock: what was missed and comes all at once is no flood. */
class Floods {
  readonly #messagesMax: number;
  readonly #withinMs: number;
  /** By group and sender, who spoke last at the end; as many times as may be. */
  readonly #spoke = new Map<string, readonly number[]>();

  constructor(messagesMax: number, withinMs: number) {
    this.#messagesMax = messagesMax;
    this.#withinMs = withinMs;
  }

  isFlood({ group, from, sentAtMs }: GroupMessage): boolean {
    const who = `${group}/${from}`;
    const times = (this.#spoke.get(who) ?? []).filter((time) => sentAtMs - time < this.#withinMs);
    const isFlood = times.length >= this.#messagesMax;
    this.#spoke.delete(who);
    this.#spoke.set(who, isFlood ? times : [...times, sentAtMs]);
    const [oldest] = this.#spoke.keys();
    if (this.#spoke.size > sendersMax && oldest !== undefined) this.#spoke.delete(oldest);
    return isFlood;
  }
}

/** Whether a link leads to one of the hosts or below. What stands before an `@` is a name for the host behind it. */
function isAllowed(found: string, hosts: readonly string[]): boolean {
  const [authority = ''] = found.replace(/^https?:\/\//i, '').split(/[/?#\\]/);
  const [host = ''] = (authority.split('@').at(-1) ?? '').toLowerCase().split(':');
  return hosts.some((allowed) => host === allowed || host.endsWith(`.${allowed}`));
}

// biome-ignore lint/style/noDefaultExport: a plugin is the default export of its file.
export default plugin;
