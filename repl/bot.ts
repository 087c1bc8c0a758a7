/** `banter bot`: a bot that runs unattended, and what it says of itself. */

import { join } from 'node:path';
import { type Bot, BotHealth, type BotLog, findBot, runBot } from '../bots/index.ts';
import { authority, GrantBook } from '../plugins/index.ts';
import { type Config, environmentVariable } from './config.ts';
import { invitationOf } from './connecting.ts';
import { exitCodes } from './exit-codes.ts';
import { grantCommandOf, grantFileOf, installedDirOf } from './grant-file.ts';
import type { Interruption } from './interruption.ts';
import { LineWriter } from './line-writer.ts';
import { logLine } from './log-lines.ts';
import type { PluginManner } from './plugin-manner.ts';
import { safeText } from './safe-text.ts';
import { readVersion } from './version.ts';

/** Which bot, and what differs from its file. */
export interface BotCommandOptions {
  /** The name of a ready bot, or a file. */
  readonly bot: string;
  readonly name?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  /** A new file for what its plugins are told and say. */
  readonly recordFile?: string | undefined;
  readonly manner: PluginManner;
  readonly config: Config;
  readonly interruption: Interruption;
}

/** Runs a bot until a signal comes; resolves to the exit code. @throws BanterError as `findBot` and `runBot` do */
export async function bot(options: BotCommandOptions): Promise<number> {
  const { config, interruption } = options;
  const found = await findBot(options.bot);
  const name = options.name ?? found.name;
  const dataDir = config.data.value;
  const book = new GrantBook(grantFileOf(config));
  using output = new LineWriter(process.stdout);
  using errorOutput = new LineWriter(process.stderr);
  const onLog = ({ level, text }: BotLog): void => {
    const words = logLine(safeText(level === 'info' ? text : `${level}: ${text}`));
    (level === 'info' ? output : errorOutput).offer(words);
  };
  const changed = { ...found, name, groups: options.groups ?? found.groups };
  const health = new BotHealth();
  await using _status = await startStatus(
    httpPortOf(config.httpPort, found.httpPort),
    changed,
    health,
    onLog,
  );
  await runBot(changed, {
    server: serverOf(config.server, found.server),
    dataDir,
    relayOnly: config.relayOnly.value,
    ...(options.recordFile === undefined ? {} : { recordFile: options.recordFile }),
    ...invitationOf(config),
    // Two bots of one person must not write into each other's files.
    pluginDir: join(dataDir, 'bots', encodeURIComponent(name)),
    installedDir: installedDirOf(config),
    authorize: authority({ book, grantCommand: grantCommandOf(config) }),
    variables: environmentVariable,
    ...options.manner,
    signal: interruption.signal,
    onLog,
    health,
  });
  return interruption.code ?? exitCodes.ok;
}

/** The bot's file stands between what was said for this run and what holds for every command. */
function serverOf({ value, source }: Config['server'], ofBot: string | undefined): string {
  return source === 'config file' || source === 'default' ? (ofBot ?? value) : value;
}

/** What files say is for the server of this machine or folder, whose port a bot would take away. */
function httpPortOf(
  { value, source }: Config['httpPort'],
  ofBot: number | undefined,
): number | undefined {
  return source === 'flag' || source === 'environment' ? value : ofBot;
}

/** What HTTP needs is loaded only where somebody has asked for it; there before a connection, which may take its time. */
async function startStatus(
  port: number | undefined,
  { name, groups }: Bot,
  health: BotHealth,
  onLog: (entry: BotLog) => void,
): Promise<AsyncDisposable | undefined> {
  if (port === undefined) return undefined;
  const { StatusServer } = await import('./status-server.ts');
  const { BotMetrics } = await import('./bot-metrics.ts');
  const metrics = new BotMetrics(health, { name, groups, version: readVersion() });
  const status = await StatusServer.start({
    port,
    problems: () => health.status.problems,
    metrics: () => metrics.page(),
  });
  const url = `http://127.0.0.1:${status.port}`;
  onLog({ level: 'info', text: `health at ${url}/healthz, metrics at ${url}/metrics` });
  return status;
}
