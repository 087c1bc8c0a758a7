/** The commands about plugins, and the help. */

import { BanterError } from '../../core/error-api.ts';
import type { ChatPlugins } from '../chat-client.ts';
import type { ChatSession } from '../session.ts';
import { didYouMean } from '../suggestion.ts';
import { type Command, type CommandResult, defineCommand } from './command.ts';

type PluginAction = (
  plugins: ChatPlugins,
  plugin: string | undefined,
  config: string | undefined,
) => Promise<CommandResult>;

const pluginActions: ReadonlyMap<string, PluginAction> = new Map<string, PluginAction>([
  [
    'load',
    async (plugins, plugin, text) => {
      const spec = required('load', plugin);
      const [flags, config] = flagsOf(text, ['--watch', '--isolate']);
      const options = { watch: flags.includes('--watch'), ...isolationOf(flags) };
      const loaded = await plugins.load(spec, parseConfig(config), options);
      return { type: 'pluginLoaded', plugin: loaded };
    },
  ],
  [
    'reload',
    async (plugins, plugin) => {
      const id = required('reload', plugin);
      return { type: 'pluginReloaded', plugin: await plugins.reload(id) };
    },
  ],
  [
    'try',
    async (plugins, plugin, text) => {
      const spec = required('try', plugin);
      const [flags, config] = flagsOf(text, ['--isolate']);
      const options = { dryRun: true, ...isolationOf(flags) };
      return {
        type: 'pluginLoaded',
        plugin: await plugins.load(spec, parseConfig(config), options),
      };
    },
  ],
  [
    'storage',
    async (plugins, plugin, key) => {
      const id = required('storage', plugin);
      return { type: 'pluginStorage', plugin: id, kept: await plugins.kept(id, key) };
    },
  ],
  [
    'unload',
    async (plugins, plugin) => {
      const id = required('unload', plugin);
      await plugins.unload(id);
      return { type: 'pluginUnloaded', plugin: id };
    },
  ],
  [
    'record',
    async (plugins, file) => {
      if (file === 'off') return endRecording(plugins);
      const path = required('record', file);
      await plugins.record(path);
      return { type: 'recordingBegun', file: path };
    },
  ],
  [
    'status',
    async (plugins, plugin) => {
      const id = required('status', plugin);
      const found = plugins.list().find((one) => one.id === id);
      if (found !== undefined) return { type: 'pluginStatus', plugin: found };
      throw new BanterError('OPTION_INVALID', `there is no plugin "${id}"`);
    },
  ],
  ['list', async (plugins) => ({ type: 'plugins', plugins: plugins.list() })],
]);

/** `plugin`, `help`; the help speaks of the table that `commands` returns. */
export function scriptCommands(commands: () => readonly Command[]): readonly Command[] {
  return [
    defineCommand({
      name: 'plugin',
      section: 'Scripts & plugins',
      summary:
        'load, try (--isolate: in a process of its own), reload, unload or list plugins, see what one keeps, uses or counts (status), or record what they do',
      example: 'plugin load auto-reply',
      parameters: [
        { name: 'action', type: 'word', words: [...pluginActions.keys()] },
        { name: 'plugin', type: 'plugin', optional: true },
        { name: 'config', type: 'text', optional: true },
      ],
      async run(session, { action, plugin, config }) {
        const act = pluginActions.get(action);
        if (act === undefined) throw new BanterError('COMMAND_INVALID', `no action "${action}"`);
        return act(pluginsOf(session), plugin, config);
      },
    }),
    defineCommand({
      name: 'help',
      section: 'Scripts & plugins',
      summary: 'list the commands, or explain one',
      example: 'help send',
      parameters: [{ name: 'command', type: 'command', optional: true }],
      async run({ plugins }, { command }) {
        const all = commands();
        if (command === undefined) {
          const messages = plugins?.list().flatMap((plugin) => plugin.commands) ?? [];
          return { type: 'help', commands: all, messages };
        }
        const one = all.find((candidate) => candidate.name === command);
        if (one !== undefined) return { type: 'help', commands: [one] };
        const hint = didYouMean(
          command,
          all.map((candidate) => candidate.name),
        );
        throw new BanterError('COMMAND_INVALID', `no command "${command}"${hint}`);
      },
    }),
  ];
}

function pluginsOf(session: ChatSession): ChatPlugins {
  if (session.plugins !== undefined) return session.plugins;
  throw new BanterError('COMMAND_INVALID', 'this session was started without plugins');
}

async function endRecording(plugins: ChatPlugins): Promise<CommandResult> {
  const summary = await plugins.endRecording();
  if (summary !== undefined) return { type: 'recordingEnded', ...summary };
  throw new BanterError(
    'COMMAND_INVALID',
    'nothing is being recorded; plugin record <file> begins',
  );
}

function required(action: string, plugin: string | undefined): string {
  if (plugin !== undefined) return plugin;
  throw new BanterError('COMMAND_INVALID', `missing <plugin>; usage: plugin ${action} <plugin>`);
}

/** The flags of those that are `known` between plugin and configuration. */
function flagsOf(
  text: string | undefined,
  known: readonly string[],
): readonly [flags: readonly string[], config: string | undefined] {
  const [, flags = '', config = ''] = /^((?:--\S+\s*)*)(.*)$/s.exec(text ?? '') ?? [];
  const words = flags.split(/\s+/).filter((word) => word !== '');
  const stranger = words.find((word) => !known.includes(word));
  if (stranger !== undefined) {
    const problem = `no option ${stranger}; there is ${known.join(', ')}`;
    throw new BanterError('COMMAND_INVALID', problem);
  }
  return [words, config === '' ? undefined : config];
}

/** Left out, the session decides. */
function isolationOf(flags: readonly string[]): { readonly isolate?: true } {
  return flags.includes('--isolate') ? { isolate: true } : {};
}

function parseConfig(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  const config = parseJson(text);
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return { ...config };
  throw new BanterError('COMMAND_INVALID', `the configuration is not a JSON object: ${text}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BanterError('COMMAND_INVALID', `the configuration is not JSON: ${text}`, { cause });
  }
}
