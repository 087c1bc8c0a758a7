/** Errors of plugins in words, at the place in the author's file. */

import type { PluginError } from './bridge.ts';
import type { Bundle } from './bundle.ts';

/** Frames of a stack that are looked at for a place in the author's files. */
const framesMax = 20;

/** An error in one line, with its place where that is known. */
export function explain(
  { name, message, stack }: PluginError,
  { locate }: Pick<Bundle, 'locate'>,
  redact: (words: string) => string,
): string {
  const words = redact(`${name}: ${message}`);
  // The plugin may have written the stack itself.
  const frames = stack.matchAll(/\bplugin\.js:(\d{1,7}):(\d{1,7})/g);
  let left = framesMax;
  for (const [, line, column] of frames) {
    if (left === 0) break;
    left -= 1;
    const place = locate(Number(line), Number(column));
    if (place !== undefined) return `${words} (${place})`;
  }
  return words;
}
