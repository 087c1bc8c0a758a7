/** `banter serve`: a server, what happens at it, and a quiet end. */

import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Address } from '../core/client-api.ts';
import { type Retention, Server } from '../core/server-api.ts';
import type { Config } from './config.ts';
import { type EventLog, openEventLog } from './event-log.ts';
import { exitCodes } from './exit-codes.ts';
import type { Interruption } from './interruption.ts';
import { LineWriter } from './line-writer.ts';
import { keepMemorySmall } from './memory.ts';
import { safeText } from './safe-text.ts';
import { happeningOf, written } from './server-events.ts';
import { readVersion } from './version.ts';

/** What the settings do not say. */
export interface ServeOptions {
  readonly config: Config;
  /** Tell the address and nothing else. */
  readonly quiet: boolean;
  readonly interruption: Interruption;
}

/**
 * Serves until a signal comes or nobody reads the lines any more, then tells the clients; resolves to the exit code.
 * @throws BanterError as `Server.start` does; PORT_IN_USE for the HTTP port; DATA_UNUSABLE when the folder fails later
 */
export async function serve({ config, quiet, interruption }: ServeOptions): Promise<number> {
  using _memory = keepMemorySmall();
  using lines = new LineWriter(process.stdout);
  const { log: format, logLevel } = config;
  const log = await openEventLog(
    format.value,
    logLevel.value ?? (format.value === 'json' ? 'info' : 'debug'),
    lines,
  );
  await using server = await startServer(config);
  await using _status = await startStatus(config, server, log);
  const failed = Promise.withResolvers<never>();
  server.on('failed', failed.reject);
  tellStart(server, config, lines, log);
  if (!quiet) tellEvents(server, log);
  await Promise.race([aborted(interruption.signal), lines.closed, failed.promise]);
  return end(server, config, interruption, quiet ? () => {} : log);
}

function startServer(config: Config): Promise<Server> {
  const host = config.host.value;
  return Server.start({
    port: config.port.value,
    ...(config.ephemeral.value ? {} : { dataDir: join(config.data.value, 'server') }),
    operators: config.operators.value,
    retention: retentionOf(config),
    policy: {
      groupsPerClient: config.groupsPerClient.value,
      privateInGroup: config.privateInGroup.value,
      mailbox: config.mailbox.value,
    },
    ...(host === undefined ? {} : { host }),
  });
}

const dayMs = 24 * 60 * 60 * 1000;

function retentionOf({ keepDays, keepMessages, keepBytes }: Config): Retention {
  const [days, messages, bytesTotal] = [keepDays.value, keepMessages.value, keepBytes.value];
  return {
    ...(days === undefined ? {} : { ageMs: days * dayMs }),
    ...(messages === undefined ? {} : { messages }),
    ...(bytesTotal === undefined ? {} : { bytesTotal }),
  };
}

/** What HTTP needs is loaded only where somebody has asked for it. */
async function startStatus(
  { httpPort }: Config,
  server: Server,
  log: EventLog,
): Promise<AsyncDisposable | undefined> {
  if (httpPort.value === undefined) return undefined;
  const { StatusServer } = await import('./status-server.ts');
  const { ServerMetrics } = await import('./server-metrics.ts');
  const metrics = new ServerMetrics(server, readVersion());
  const status = await StatusServer.start({
    port: httpPort.value,
    problems: () => server.problems,
    metrics: () => metrics.page(),
  });
  const url = `http://127.0.0.1:${status.port}`;
  log({
    event: 'statusServed',
    level: 'info',
    words: `health at ${url}/healthz, metrics at ${url}/metrics`,
    data: { url },
  });
  return status;
}

function tellStart(
  server: Server,
  { log: format }: Config,
  lines: LineWriter,
  log: EventLog,
): void {
  const address = written(server.address);
  const open = `${reachable(server.address)}#${server.fingerprint}`;
  const words = `serving on ${address}; others reach it as ${open}`;
  // People copy the line, and need not be told the time.
  if (format.value === 'text') lines.write(words);
  else {
    const data = { address, reachableAt: open, version: readVersion(), pid: process.pid };
    log({ event: 'serverStarted', level: 'info', words, data });
  }
}

function tellEvents(server: Server, log: EventLog): void {
  server.on('fact', (fact) => {
    const happening = happeningOf(fact);
    if (happening !== undefined) log(happening);
  });
  server.on('storeFull', ({ message }) => {
    const words = `no room to store anything, so that changes are refused: ${safeText(message)}`;
    log({ event: 'storeFull', level: 'error', words, data: { message } });
  });
  server.on('storeGone', () => {
    const words =
      'the files of this server were deleted or replaced: what it is told from now on is lost when it ends; put them back, or stop it and restore the newest backup: banter restore <file> --force';
    log({ event: 'storeGone', level: 'error', words, data: {} });
  });
  server.on('storeFound', () => {
    log({ event: 'storeFound', level: 'info', words: 'the files are back', data: {} });
  });
  server.on('readFailed', ({ message }) => {
    const words = `the store could not read: ${safeText(message)}`;
    log({ event: 'readFailed', level: 'error', words, data: { message } });
  });
  server.on('storeRecovered', () => {
    log({ event: 'storeRecovered', level: 'info', words: 'there is room again', data: {} });
  });
}

async function end(
  server: Server,
  { restartAfter }: Config,
  { code }: Interruption,
  log: EventLog,
): Promise<number> {
  const returnMs = restartAfter.value === undefined ? undefined : restartAfter.value * 1000;
  const back = returnMs === undefined ? '' : `; clients come back after ${restartAfter.value} s`;
  log({ event: 'serverStopping', level: 'info', words: `stopping${back}`, data: { returnMs } });
  const isStored = await server.close(returnMs === undefined ? {} : { returnMs });
  if (isStored) {
    log({ event: 'serverStopped', level: 'info', words: 'stopped', data: {} });
    return code ?? exitCodes.ok;
  }
  const words = 'stopped; the store did not answer, and what it had not taken is lost';
  log({ event: 'storeAbandoned', level: 'error', words, data: {} });
  return exitCodes.failed;
}

/** The address to give to others: where the server listens on all, the first of the machine's that leads outside. */
function reachable({ host, port }: Address): string {
  if (host !== '::' && host !== '0.0.0.0') return written({ host, port });
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  return written({ host: outside?.address ?? 'localhost', port });
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise;
}
