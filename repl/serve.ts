/** `banter serve`: a server, what happens at it in plain lines, and a quiet end. */

import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type Address, Server, type ServerFact } from '../core/index.ts';
import type { Config } from './config.ts';
import { exitCodes } from './exit-codes.ts';
import type { Interruption } from './interruption.ts';
import { LineWriter } from './line-writer.ts';
import { logLine } from './log-lines.ts';
import { safeText } from './safe-text.ts';

/** What the settings do not say. */
export interface ServeOptions {
  readonly config: Config;
  /** Print the address and nothing else. */
  readonly quiet: boolean;
  readonly interruption: Interruption;
}

/**
 * Serves until a signal comes or nobody reads the lines any more, then tells the clients; resolves to the exit code.
 * @throws BanterError as `Server.start` does; DATA_UNUSABLE when the folder fails later
 */
export async function serve({ config, quiet, interruption }: ServeOptions): Promise<number> {
  const host = config.host.value;
  const server = await Server.start({
    port: config.port.value,
    dataDir: join(config.data.value, 'server'),
    policy: {
      groupsPerClient: config.groupsPerClient.value,
      privateInGroup: config.privateInGroup.value,
      mailbox: config.mailbox.value,
    },
    ...(host === undefined ? {} : { host }),
  });
  using lines = new LineWriter(process.stdout);
  const failed = Promise.withResolvers<never>();
  server.on('failed', failed.reject);
  const { address, fingerprint } = server;
  const open = `${reachable(address)}#${fingerprint}`;
  lines.write(`serving on ${written(address)}; others reach it as ${open}`);
  if (!quiet) {
    server.on('fact', (fact) => {
      const words = describe(fact);
      if (words !== undefined) lines.offer(logLine(words));
    });
  }
  try {
    await Promise.race([aborted(interruption.signal), lines.closed, failed.promise]);
  } finally {
    await server.close();
  }
  return interruption.code ?? exitCodes.ok;
}

type Describe = {
  readonly [Type in ServerFact['type']]?: (
    fact: Extract<ServerFact, { readonly type: Type }>,
  ) => string;
};

/** What people write stays theirs: of a message only its length is told. */
const descriptions: Describe = {
  clientRegistered: ({ name, address }) =>
    `${safeText(name)} is online from ${safeText(written(address))}`,
  clientDeregistered: ({ name }) => `${safeText(name)} went offline`,
  clientLost: ({ name }) => `${safeText(name)} does not answer`,
  groupCreated: ({ group, by }) => `${safeText(by)} created #${safeText(group)}`,
  groupJoined: ({ group, by }) => `${safeText(by)} joined #${safeText(group)}`,
  groupMessageSent: ({ group, by, text }) =>
    `${safeText(by)} wrote ${text.length} characters to #${safeText(group)}`,
  privateMessageKept: ({ by, to }) => `${safeText(by)} left a private message for ${safeText(to)}`,
  groupLeft: ({ group, by, reason }) => `${safeText(by)} left #${safeText(group)} (${reason})`,
};

function describe(fact: ServerFact): string | undefined {
  // The table has a function for each type; the lookup loses that they are of the same one.
  const words = descriptions[fact.type] as ((fact: ServerFact) => string) | undefined;
  return words?.(fact);
}

function written({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
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
