/** `banter demo`: a server, a bot and you in one terminal, or a script between them; nothing of it outlives the process. */

import { findBot, runBot } from '../bots/index.ts';
import { Client } from '../core/client-api.ts';
import { Server } from '../core/server-api.ts';
import { keepArrivals } from './arrivals.ts';
import { type Config, environmentVariable } from './config.ts';
import { grantCommandOf, grantFileOf, installedDirOf } from './grant-file.ts';
import type { Interruption } from './interruption.ts';
import { LazyPlugins } from './lazy-plugins.ts';
import { safeText } from './safe-text.ts';
import { runScript } from './script.ts';

/** What the settings do not say. */
export interface DemoOptions {
  readonly config: Config;
  /** The terminal understands no cursor movements. */
  readonly dumb: boolean;
  readonly interruption: Interruption;
}

const greeting = `A server, a bot called greeter in the group lobby, and you. Try:
  join_group lobby
  send_group hello
  (await chat.next({ from: 'greeter' })).text
.help lists the commands, .exit ends everything.`;

/** Runs until the person leaves or the script on standard input ends; resolves to its exit code. */
export async function demo(options: DemoOptions): Promise<number> {
  const { signal } = options.interruption;
  const server = await Server.start({ port: 0, host: '127.0.0.1' });
  const place = { server: `127.0.0.1:${server.address.port}`, serverKey: server.key };
  const ending = new AbortController();
  const ready = Promise.withResolvers<void>();
  const running = runBot(await findBot('greeter'), {
    ...place,
    signal: ending.signal,
    onLog: ({ level, text }) => {
      if (level === 'error') process.stderr.write(`greeter: ${safeText(text)}\n`);
    },
    onReady: ready.resolve,
  });
  running.catch(ready.reject);
  try {
    const name = options.config.name.value ?? 'you';
    const [client] = await Promise.all([
      Client.connect({ ...place, name, signal }),
      // The first thing people try is to talk to it.
      ready.promise,
    ]);
    return await converse(client, options);
  } finally {
    ending.abort();
    await running.catch(() => undefined);
    await server.close();
  }
}

async function converse(client: Client, options: DemoOptions): Promise<number> {
  const { config, dumb, interruption } = options;
  keepArrivals(client);
  const plugins = new LazyPlugins({
    variables: environmentVariable,
    client,
    installedDir: installedDirOf(config),
    grantFile: grantFileOf(config),
    grantCommand: grantCommandOf(config),
    errorOutput: process.stderr,
  });
  const debug = config.debug.value;
  const streams = { output: process.stdout, errorOutput: process.stderr };
  try {
    if (!process.stdin.isTTY || !process.stdout.isTTY) {
      const { signal } = interruption;
      const script = { source: process.stdin, name: 'stdin' };
      return await runScript({ client, plugins, ...script, ...streams, debug, signal });
    }
    const { startRepl } = await import('./repl.ts');
    if (interruption.code !== undefined) return interruption.code;
    interruption[Symbol.dispose]();
    return await startRepl({
      client,
      plugins,
      input: process.stdin,
      ...streams,
      debug,
      dumb,
      greeting,
    });
  } finally {
    await client.close();
    await plugins.close();
  }
}
