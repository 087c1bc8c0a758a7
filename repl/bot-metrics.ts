/** A bot's figures in the format of Prometheus; read when somebody scrapes. */

import { collectDefaultMetrics, Registry } from 'prom-client';
import { type BotHealth, type BotStatus, botProblems } from '../bots/index.ts';
import { noCounters, type PluginStatus } from '../plugins/index.ts';
import { familyText, type Labels } from './metrics-text.ts';
import { pluginPage } from './plugin-metrics.ts';
import type { Page } from './status-server.ts';

/** Who a bot is, for its metrics. */
export interface BotIdentity {
  readonly name: string;
  /** The groups that it is for. */
  readonly groups: readonly string[];
  /** Of the program. */
  readonly version: string;
}

/** What is read of a bot, and of each of its plugins. */
type Figure = readonly [value: number, labels?: Labels];

interface Family<From> {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  read(from: From): readonly Figure[];
}

const botFamilies: readonly Family<BotStatus>[] = [
  {
    name: 'banter_bot_connected',
    kind: 'gauge',
    help: '1 while it is connected to its server',
    read: ({ connected }) => [[connected ? 1 : 0]],
  },
  {
    name: 'banter_bot_reconnects_total',
    kind: 'counter',
    help: 'Times it came back to its server',
    read: ({ reconnects }) => [[reconnects]],
  },
  {
    name: 'banter_bot_groups',
    kind: 'gauge',
    help: 'Groups that it is in',
    read: ({ groups }) => [[groups.length]],
  },
  {
    name: 'banter_bot_messages_total',
    kind: 'counter',
    help: 'Messages that it was told',
    read: ({ messages }) =>
      Object.entries(messages).map(([type, count]) => [count, [['type', type]]]),
  },
  {
    name: 'banter_bot_drops_total',
    kind: 'counter',
    help: 'Datagrams and messages that its client dropped',
    read: ({ drops }) => [...drops].map(([reason, count]) => [count, [['reason', reason]]]),
  },
  {
    name: 'banter_bot_problem',
    kind: 'gauge',
    help: '1 where the bot has this problem',
    read: ({ problems }) =>
      botProblems.map((problem) => [problems.includes(problem) ? 1 : 0, [['problem', problem]]]),
  },
];

const pluginStates: readonly PluginStatus['state'][] = ['running', 'quarantined', 'stopped'];

const counterHelp: Readonly<Record<keyof PluginStatus['counters'], string>> = {
  events: 'Events that a plugin was told',
  eventsDropped: 'Events that a plugin missed because its queue was full',
  sends: 'Messages that a plugin has sent',
  moderations: 'What a plugin has done to people in groups',
  refused: 'What a plugin asked for and was refused',
  logLinesDropped: 'Lines of a plugin that were not logged',
  errors: 'Errors that the listeners of a plugin threw',
  hookCalls: 'Messages that a hook of a plugin was asked about',
  hookFailures: 'Messages that a hook of a plugin did not answer as it should',
  messagesChanged: 'Messages that hooks of a plugin changed',
  messagesStopped: 'Messages that hooks of a plugin stopped',
  restarts: 'Times that a plugin was started anew with the plugin process',
};

const pluginFamilies: readonly Family<PluginStatus>[] = [
  {
    name: 'banter_plugin_state',
    kind: 'gauge',
    help: '1 for the state that a plugin is in',
    read: ({ state }) => pluginStates.map((one) => [one === state ? 1 : 0, [['state', one]]]),
  },
  {
    name: 'banter_plugin_info',
    kind: 'gauge',
    help: 'A plugin, always 1',
    read: ({ version, isolation }) => [
      [
        1,
        [
          ['version', version],
          ['isolation', isolation],
        ],
      ],
    ],
  },
  {
    name: 'banter_plugin_queue_events',
    kind: 'gauge',
    help: 'Events that wait for a plugin',
    read: ({ queued }) => [[queued]],
  },
  {
    name: 'banter_plugin_cpu_minute_seconds',
    kind: 'gauge',
    help: 'Processor time that a plugin has used within the last minute',
    read: ({ cpuMs }) => [[cpuMs / 1000]],
  },
  {
    name: 'banter_plugin_cpu_minute_limit_seconds',
    kind: 'gauge',
    help: 'Processor time that a plugin may use within a minute',
    read: ({ cpuMsPerMinute }) => [[cpuMsPerMinute / 1000]],
  },
  ...counterNames().map(
    (counter): Family<PluginStatus> => ({
      name: `banter_plugin_${underscored(counter)}_total`,
      kind: 'counter',
      help: counterHelp[counter],
      read: ({ counters }) => [[counters[counter]]],
    }),
  ),
  {
    name: 'banter_plugin_metric_values_dropped_total',
    kind: 'counter',
    help: 'Values of its own metrics that there was no room for',
    read: ({ metrics }) => [[metrics.dropped]],
  },
];

/** Every name begins with `banter_`, but for those of the process and, after `plugin_`, what plugins count themselves. */
export class BotMetrics {
  readonly #health: BotHealth;
  readonly #identity: BotIdentity;
  readonly #process = new Registry();

  constructor(health: BotHealth, identity: BotIdentity) {
    this.#health = health;
    this.#identity = identity;
    collectDefaultMetrics({ register: this.#process });
  }

  /** What is so at this moment. */
  async page(): Promise<Page> {
    const { status } = this.#health;
    const own = pluginPage(status.plugins);
    const parts = [
      this.#constant(),
      ...botFamilies.map((family) => text(family, family.read(status))),
      ...pluginFamilies.map((family) =>
        text(
          family,
          status.plugins.flatMap((plugin) =>
            family
              .read(plugin)
              .map(([value, labels = []]): Figure => [value, [['plugin', plugin.id], ...labels]]),
          ),
        ),
      ),
      text(leftFamily, [[own.left]]),
      own.text,
      `${await this.#process.metrics()}\n`,
    ];
    return { contentType: this.#process.contentType, body: parts.join('') };
  }

  #constant(): string {
    const { name, version, groups } = this.#identity;
    const info = { name: 'banter_info', kind: 'gauge', help: 'The program, always 1' } as const;
    const wanted = {
      name: 'banter_bot_groups_wanted',
      kind: 'gauge',
      help: 'Groups that it is for',
    } as const;
    return (
      text(info, [
        [
          1,
          [
            ['version', version],
            ['name', name],
          ],
        ],
      ]) + text(wanted, [[groups.length]])
    );
  }
}

const leftFamily = {
  name: 'banter_bot_plugin_samples_left_out',
  kind: 'gauge',
  help: 'Figures of plugins that are not on this page, as there are too many',
} as const;

function text(
  { name, kind, help }: Omit<Family<never>, 'read'>,
  figures: readonly Figure[],
): string {
  const samples = figures.map(([value, labels = []]) => ({ name, labels, value }));
  return familyText({ name, kind, help, samples });
}

function counterNames(): readonly (keyof PluginStatus['counters'])[] {
  // The keys of a const table; Object.keys widens them to string.
  return Object.keys(noCounters) as (keyof PluginStatus['counters'])[];
}

/** `eventsDropped` → `events_dropped`. */
function underscored(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
