/** The bots that come with Banter, and finding a bot by its name or file. */

import { extname } from 'node:path';
import { BanterError } from '../core/client-api.ts';
import { type Bot, type BotDefinition, parseBot, readBotFile } from './bot-file.ts';

const files: ReadonlyMap<string, () => Promise<{ readonly default: BotDefinition }>> = new Map([
  ['greeter', () => import('./greeter.ts')],
]);

const readyBots: readonly string[] = [...files.keys()];

/** A ready bot by its name, another by its file. @throws BanterError OPTION_INVALID */
export async function findBot(spec: string): Promise<Bot> {
  const ready = files.get(spec);
  if (ready !== undefined) return parseBot((await ready()).default, spec, import.meta.dirname);
  if (extname(spec) !== '') return readBotFile(spec);
  throw new BanterError(
    'OPTION_INVALID',
    `there is no bot "${spec}"; ready are ${readyBots.join(', ')}, and a file is named with its extension (${spec}.ts)`,
  );
}
