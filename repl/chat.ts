/** `banter chat`: a client at the prompt; where there is no terminal, its input is a script. */

import { join } from 'node:path';
import type { Config } from './config.ts';
import { connectChatter, prepareChatter } from './connecting.ts';
import type { Interruption } from './interruption.ts';
import { runConnected } from './one-shot.ts';
import { askOnTerminal } from './permission-question.ts';
import type { PluginManner } from './plugin-manner.ts';
import { safeText } from './safe-text.ts';

/** What the settings do not say. */
export interface ChatOptions {
  readonly config: Config;
  readonly takeOver: boolean;
  /** Load plugins anew when their files are saved. */
  readonly watch: boolean;
  readonly manner: PluginManner;
  /** The terminal understands no cursor movements. */
  readonly dumb: boolean;
  readonly interruption: Interruption;
}

/** Chats until the person leaves; resolves to the exit code. @throws BanterError when the chat cannot begin */
export async function chat(options: ChatOptions): Promise<number> {
  const { config, interruption, takeOver, manner } = options;
  const { signal } = interruption;
  // Loaded before there is a client, so that nothing has to wait for it afterwards.
  const { startRepl } = await import('./repl.ts');
  const chatter = await connectChatter(config, { takeOver, manner, signal });
  const { client, plugins } = chatter;
  try {
    if (!process.stdin.isTTY || !process.stdout.isTTY) {
      const script = { source: process.stdin, name: 'stdin' };
      return await runConnected(chatter, script, { config, signal });
    }
    plugins.askWith(askOnTerminal(process.stdin, process.stdout, signal));
    await prepareChatter(chatter, config, options.watch);
    plugins.askWith(undefined);
    if (interruption.code !== undefined) return interruption.code;
    interruption[Symbol.dispose]();
    return await startRepl({
      client,
      plugins,
      historyFile: join(config.data.value, 'history.jsonl'),
      input: process.stdin,
      output: process.stdout,
      errorOutput: process.stderr,
      debug: config.debug.value,
      dumb: options.dumb,
      greeting: `${safeText(client.name)} is connected to ${safeText(config.server.value)}; .help lists the commands`,
    });
  } finally {
    await client.close();
    await plugins.close();
  }
}
