/** Lines of a text that arrives in pieces. */

import { BanterError } from '../core/error-api.ts';

/** UTF-16 units that a line may have. */
const lineLengthMax = 1024 * 1024;

/**
 * The lines of a text or stream, without their line breaks (`\n`, `\r\n`); holds one line and one piece at a time, and
 * takes the next piece only when all lines before it have been taken.
 * @throws BanterError SCRIPT_FAILED when a line is longer than 1 Mi characters
 */
export async function* textLines(
  source: string | AsyncIterable<string | Uint8Array>,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of typeof source === 'string' ? [source] : source) {
    const text = typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
    const lines = text.split('\n');
    lines[0] = rest + (lines[0] ?? '');
    rest = lines.pop() ?? '';
    if (rest.length > lineLengthMax) {
      throw new BanterError('SCRIPT_FAILED', `a line is longer than ${lineLengthMax} characters`);
    }
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  if (rest !== '') yield rest;
}
