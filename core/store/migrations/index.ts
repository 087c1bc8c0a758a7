/** Every version of the schema there has been, in order; a new one is added at the end, and an old one never changed. */

import { base } from './0001-base.ts';
import { mail } from './0002-mail.ts';
import { order } from './0003-order.ts';
import { house } from './0004-house.ts';
import { restores } from './0005-restores.ts';
import type { Migration } from './migration.ts';

/** By name, which begins with the number of the version that it leads to. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-base': base,
  '0002-mail': mail,
  '0003-order': order,
  '0004-house': house,
  '0005-restores': restores,
};
