/** The plugins of a session: their runtime is loaded with the first of them, so that a chat without plugins starts quickly. */

import { BanterError } from '../core/error-api.ts';
import type {
  PluginClient,
  PluginLog,
  PluginRuntime,
  PluginRuntimeOptions,
  PluginStatus,
} from '../plugins/index.ts';
import type { ChatPlugins, PluginSummary } from './chat-client.ts';
import { safeText } from './safe-text.ts';

/** What plugins run on. */
export interface LazyPluginsOptions {
  readonly client: PluginClient;
  /** Folder for what plugins write; without it they cannot. */
  readonly dataDir?: string;
  /** Where plugins log. */
  readonly errorOutput: NodeJS.WritableStream;
}

/** Plugins that cost nothing until one is loaded. */
export class LazyPlugins implements ChatPlugins {
  readonly #options: PluginRuntimeOptions;
  #starting: Promise<PluginRuntime> | undefined;
  #runtime: PluginRuntime | undefined;
  #closed = false;

  constructor({ errorOutput, ...options }: LazyPluginsOptions) {
    const onLog = (entry: PluginLog): void => void errorOutput.write(`${describeLog(entry)}\n`);
    this.#options = { ...options, onLog };
  }

  /** @throws BanterError PLUGIN_INVALID, PLUGIN_FAILED, OPTION_INVALID, CLOSED */
  async load(spec: string, config?: Readonly<Record<string, unknown>>): Promise<PluginSummary> {
    if (this.#closed) throw new BanterError('CLOSED', 'this session has ended');
    this.#starting ??= this.#start();
    return summary(await (await this.#starting).load(spec, config));
  }

  /** @throws BanterError OPTION_INVALID for an unknown id */
  async unload(id: string): Promise<void> {
    if (this.#runtime === undefined) {
      throw new BanterError('OPTION_INVALID', `there is no plugin "${id}"`);
    }
    await this.#runtime.unload(id);
  }

  list(): readonly PluginSummary[] {
    return this.#runtime?.list().map(summary) ?? [];
  }

  /** Lets the plugins say goodbye; resolves when their process is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#starting)?.close();
  }

  async #start(): Promise<PluginRuntime> {
    const { PluginRuntime } = await import('../plugins/index.ts');
    this.#runtime = await PluginRuntime.start(this.#options);
    return this.#runtime;
  }
}

/** A line that a plugin logged, harmless on a terminal. */
function describeLog({ plugin, level, text }: PluginLog): string {
  const prefix = level === 'info' ? '' : `${level}: `;
  return `${prefix}plugin ${safeText(plugin)}: ${safeText(text)}`;
}

function summary(status: PluginStatus): PluginSummary {
  return { ...status, reason: status.reason || undefined };
}
