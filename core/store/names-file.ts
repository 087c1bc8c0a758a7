/** The file in which a server kept names and keys before it had a database: read once, to take them over. */

import type { NameBinding } from '../chat/directory.ts';
import { fromHex } from '../protocol/bytes.ts';
import { JsonLines } from './private-files.ts';

const keyBytes = 32;

/** What a file says, one `{"name": …, "key": …}` a line. @throws BanterError DATA_UNUSABLE naming the line that is damaged */
export function readNames(path: string): readonly NameBinding[] {
  return JsonLines.open(path, parseLine).items;
}

function parseLine(value: unknown): NameBinding | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('name' in value) || typeof value.name !== 'string') return undefined;
  if (!('key' in value) || typeof value.key !== 'string') return undefined;
  if (fromHex(value.key)?.length !== keyBytes) return undefined;
  return { name: value.name, identity: value.key };
}
