/** Where plugins are installed, where it stands what they were granted, and how one says so on the command line. */

import { join } from 'node:path';
import type { Config } from './config.ts';

/** The file of grants: one for prompt, scripts and bots of a data folder. */
export function grantFileOf({ data }: Config): string {
  return join(data.value, 'plugin-grants.json');
}

/** The folder of installed plugins: likewise one. */
export function installedDirOf({ data }: Config): string {
  return join(data.value, 'installed-plugins');
}

/** The beginning of a command that grants something in the folder that is used now. */
export function grantCommandOf({ data }: Config): string {
  return data.source === 'flag'
    ? `banter plugin grant --data ${data.value}`
    : 'banter plugin grant';
}
