/** What code hands to the `chat` object, which no compiler has looked at. */

import { inspect } from 'node:util';
import { BanterError } from '../core/client-api.ts';

/** By the names of the parameters. */
type Given = Readonly<Record<string, unknown>>;

/**
 * @param call how the call is written, for people: `chat.send(to, text)`
 * @param optional what counts as left out where it is undefined
 * @throws BanterError OPTION_INVALID for what is not a text
 */
export function checkTexts(call: string, given: Given, optional: Given = {}): void {
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  for (const [name, value] of [...Object.entries(given), ...present]) {
    if (typeof value === 'string') continue;
    const found =
      value === undefined ? 'left out' : inspect(value, { depth: 0, maxStringLength: 20 });
    throw new BanterError('OPTION_INVALID', `${call}: ${name} must be a text, not ${found}`);
  }
}
