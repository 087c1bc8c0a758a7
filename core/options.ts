/** Options at the edge: what a program hands in is looked at once, and what nobody knows is an error. */

import { BanterError } from './errors.ts';

/** What a value should have been, in words that complete "… must be …", or undefined if it is that. */
export type Check = (value: unknown) => string | undefined;

/** A check for every option there is; the compiler holds it against the options. */
export type Shape<Options> = { readonly [Key in keyof Options]-?: Check };

/**
 * Looks at options of unknown origin; what is undefined counts as left out.
 * @param of whose options they are, for people: `Server.start`
 * @throws BanterError OPTION_INVALID for a key that is not in the shape, and for a value that fails its check
 */
export function checkOptions<Options extends object>(
  options: Options,
  shape: Shape<Options>,
  of: string,
): void {
  const checks: ReadonlyMap<string, unknown> = new Map(Object.entries(shape));
  for (const [key, value] of Object.entries(options)) {
    const check = checks.get(key);
    if (typeof check !== 'function') {
      const known = [...checks.keys()].join(', ');
      throw invalid(`${of} has no option "${key}"; there are ${known}`, key, value);
    }
    const wanted: unknown = value === undefined ? undefined : check(value);
    if (wanted === undefined) continue;
    throw invalid(`${of}: ${key} must be ${wanted}, not ${describe(value)}`, key, value);
  }
}

/** Any text. */
export const aText: Check = (value) => (typeof value === 'string' ? undefined : 'a text');

/** True or false. */
export const yesOrNo: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

/** An object whose own fields are checked where they are used. */
export const anObject: Check = (value) =>
  typeof value === 'object' && value !== null ? undefined : 'an object';

/** A list of texts. */
export const texts: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? undefined
    : 'a list of texts';

/** A whole number within bounds, both included. */
export function aNumber(min: number, max: number): Check {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `a whole number from ${min} to ${max}`;
}

/** That many bytes. */
export function someBytes(count: number): Check {
  return (value) =>
    value instanceof Uint8Array && value.length === count ? undefined : `${count} bytes`;
}

/** A UDP port; 0 for any free one. */
export const aPort: Check = aNumber(0, 65_535);

function describe(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? JSON.stringify(value)
    : typeof value;
}

function invalid(message: string, key: string, value: unknown): BanterError {
  return new BanterError('OPTION_INVALID', message, { data: { key, value } });
}
