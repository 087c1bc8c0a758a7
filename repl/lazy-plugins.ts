/** The plugins of a session: their runtime is loaded with the first of them, so that a chat without plugins starts quickly. */

import { BanterError } from '../core/error-api.ts';
import type {
  KeptValues,
  PluginClient,
  PluginLog,
  PluginRuntime,
  PluginRuntimeOptions,
  PluginStatus,
  PluginWatch,
  RecordedClient,
  RecordingSummary,
  Trace,
} from '../plugins/index.ts';
import type {
  ChatPlugins,
  PermissionAsker,
  PluginLoadOptions,
  PluginSummary,
} from './chat-client.ts';
import { PluginTap } from './plugin-tap.ts';
import { safeText } from './safe-text.ts';

/** What plugins run on. */
export interface LazyPluginsOptions {
  readonly client: PluginClient;
  /** Folder for what plugins write; without it they cannot. */
  readonly dataDir?: string;
  /** The folder of installed plugins. */
  readonly installedDir?: string;
  /** The file of what plugins were granted. */
  readonly grantFile: string;
  /** What the refusal of a plugin tells to type. */
  readonly grantCommand: string;
  /** Where the secrets of plugins are looked for. */
  readonly variables?: (name: string) => string | undefined;
  /** Whether plugins are only tried. Default false. */
  readonly dryRun?: boolean;
  /** Whether each plugin gets a process of its own. Default false. */
  readonly isolate?: boolean;
  /** Whether plugins in quarantine are loaded again after a while. Default true. */
  readonly retry?: boolean;
  /** Where plugins log, and where a tap shows what they do. */
  readonly errorOutput: NodeJS.WritableStream;
}

/** Plugins that cost nothing until one is loaded. */
export class LazyPlugins implements ChatPlugins {
  readonly #options: Omit<PluginRuntimeOptions, 'authorize'>;
  readonly #grants: Pick<LazyPluginsOptions, 'grantFile' | 'grantCommand'>;
  readonly #watches = new Map<string, PluginWatch>();
  #ask: PermissionAsker | undefined;
  #starting: Promise<PluginRuntime> | undefined;
  #runtime: PluginRuntime | undefined;
  #recorded: RecordedClient | undefined;
  readonly #tap: PluginTap;
  #closed = false;

  constructor({ errorOutput, grantFile, grantCommand, ...options }: LazyPluginsOptions) {
    const onLog = (entry: PluginLog): void => void errorOutput.write(`${describeLog(entry)}\n`);
    this.#options = { ...options, onLog };
    this.#tap = new PluginTap((line) => void errorOutput.write(`${line}\n`));
    this.#grants = { grantFile, grantCommand };
  }

  /** @throws BanterError PLUGIN_INVALID, PLUGIN_FAILED, PERMISSION_NOT_GRANTED, OPTION_INVALID, CLOSED */
  async load(
    spec: string,
    config?: Readonly<Record<string, unknown>>,
    { watch = false, ...options }: PluginLoadOptions = {},
  ): Promise<PluginSummary> {
    if (this.#closed) throw new BanterError('CLOSED', 'this session has ended');
    this.#starting ??= this.#start();
    const runtime = await this.#starting;
    const status = await runtime.load(spec, config, options);
    if (watch) await this.#watch(runtime, status.id);
    return summary(status);
  }

  /** @throws BanterError OPTION_INVALID for an unknown id; as {@link load} */
  async reload(id: string): Promise<PluginSummary> {
    return summary(await this.#loaded(id).reload(id));
  }

  /** @throws BanterError OPTION_INVALID for an unknown id */
  async unload(id: string): Promise<void> {
    this.#unwatch(id);
    await this.#loaded(id).unload(id);
  }

  list(): readonly PluginSummary[] {
    return this.#runtime?.list().map(summary) ?? [];
  }

  /** @throws BanterError OPTION_INVALID for an unknown id, DATA_UNUSABLE */
  async kept(id: string, key?: string): Promise<KeptValues> {
    if (this.#runtime !== undefined) return this.#runtime.kept(id, key);
    throw new BanterError('OPTION_INVALID', `there is no plugin "${id}"`);
  }

  explain(place?: { readonly group: string; readonly seq: number }): Trace | undefined {
    return this.#runtime?.insight.explain(place);
  }

  tap(plugin?: string): void {
    this.#tap.start(plugin);
  }

  untap(): void {
    this.#tap.stop();
  }

  askWith(ask: PermissionAsker | undefined): void {
    this.#ask = ask;
  }

  /** @throws BanterError OPTION_INVALID, DATA_UNUSABLE, CLOSED */
  async record(file: string): Promise<void> {
    if (this.#closed) throw new BanterError('CLOSED', 'this session has ended');
    this.#starting ??= this.#start();
    await this.#starting;
    this.#recorded?.record(file);
  }

  async endRecording(): Promise<RecordingSummary | undefined> {
    return this.#recorded?.endRecording();
  }

  /** Lets the plugins say goodbye; resolves when their process is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const id of this.#watches.keys()) this.#unwatch(id);
    await (await this.#starting)?.close();
    await this.endRecording();
  }

  async #watch(runtime: PluginRuntime, id: string): Promise<void> {
    const { PluginWatch } = await import('../plugins/index.ts');
    this.#unwatch(id);
    const { onLog = () => undefined } = this.#options;
    this.#watches.set(id, new PluginWatch({ runtime, id, onLog }));
  }

  #unwatch(id: string): void {
    this.#watches.get(id)?.[Symbol.dispose]();
    this.#watches.delete(id);
  }

  #loaded(id: string): PluginRuntime {
    if (this.#runtime !== undefined) return this.#runtime;
    throw new BanterError('OPTION_INVALID', `there is no plugin "${id}"`);
  }

  async #start(): Promise<PluginRuntime> {
    const { authority, GrantBook, PluginRuntime, RecordedClient } = await import(
      '../plugins/index.ts'
    );
    const { grantFile, grantCommand } = this.#grants;
    const book = new GrantBook(grantFile);
    this.#recorded = new RecordedClient(this.#options.client);
    this.#runtime = await PluginRuntime.start({
      ...this.#options,
      client: this.#recorded,
      // Who can be asked changes: nobody in a script, a terminal before the prompt, then the prompt.
      authorize: (request) => authority({ book, grantCommand, ask: this.#ask })(request),
    });
    this.#tap.runtime = this.#runtime;
    return this.#runtime;
  }
}

/** A line that a plugin logged, harmless on a terminal. */
function describeLog({ plugin, level, text }: PluginLog): string {
  const prefix = level === 'info' ? '' : `${level}: `;
  return `${prefix}plugin ${safeText(plugin)}: ${safeText(text)}`;
}

function summary(status: PluginStatus): PluginSummary {
  return { ...status, counters: { ...status.counters }, reason: status.reason || undefined };
}
