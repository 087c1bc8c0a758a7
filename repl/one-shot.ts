/** `banter run` and `banter -e`: one script, then the end. */

import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { BanterError } from '../core/error-api.ts';
import type { Config } from './config.ts';
import { type Chatter, connectChatter, prepareChatter } from './connecting.ts';
import type { Interruption } from './interruption.ts';
import type { PluginManner } from './plugin-manner.ts';
import { runScript, type ScriptOptions } from './script.ts';

/** A script and what errors call it. */
export type Script = Pick<ScriptOptions, 'source' | 'name'>;

/** What the settings do not say. */
export interface OneShotOptions extends Pick<ScriptOptions, 'json' | 'jsonInput' | 'keepGoing'> {
  readonly config: Config;
  readonly takeOver: boolean;
  readonly manner: PluginManner;
  readonly interruption: Interruption;
}

/** The script of a file, or of standard input for `-`. @throws BanterError OPTION_INVALID when the file cannot be read */
export async function scriptOf(file: string): Promise<Script> {
  if (file === '-') return { source: process.stdin, name: 'stdin' };
  try {
    await access(file, constants.R_OK);
  } catch (cause) {
    throw new BanterError('OPTION_INVALID', `cannot read the script ${file}`, { cause });
  }
  return { source: createReadStream(file), name: file };
}

/** The script of lines given one by one. */
export function scriptOfLines(lines: readonly string[]): Script {
  return { source: lines.join('\n'), name: '-e' };
}

/** Runs a script under the settings' name; resolves to the exit code. @throws BanterError when it cannot begin */
export async function runOnce(script: Script, options: OneShotOptions): Promise<number> {
  const { config, takeOver, manner, interruption, ...form } = options;
  const { signal } = interruption;
  const chatter = await connectChatter(config, { takeOver, manner, besidePresent: true, signal });
  try {
    return await runConnected(chatter, script, { config, signal, ...form });
  } finally {
    await chatter.client.close();
    await chatter.plugins.close();
  }
}

/** Runs a script as a client that is connected; it is not connected any more afterwards. */
export async function runConnected(
  chatter: Chatter,
  script: Script,
  options: { readonly config: Config; readonly signal: AbortSignal } & Pick<
    ScriptOptions,
    'json' | 'jsonInput' | 'keepGoing'
  >,
): Promise<number> {
  const { config, ...rest } = options;
  await prepareChatter(chatter, config);
  return runScript({
    ...chatter,
    ...script,
    ...rest,
    output: process.stdout,
    errorOutput: process.stderr,
    debug: config.debug.value,
  });
}
