import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { closeNumbers } from '../../../core/chat/closing.ts';
import { errorTable } from '../../../core/errors.ts';
import { closeCode } from '../../../core/protocol/connection.ts';
import { frameType } from '../../../core/protocol/frame.ts';
import { datagramForm } from '../../../core/protocol/packet.ts';

const text = readFileSync(new URL('../../../docs/PROTOCOL.md', import.meta.url), 'utf8');

/** The rows of a table whose first column is a number, from a heading on to the next one: number and name. */
function numbersUnder(heading: string): ReadonlyMap<string, number> {
  const [, rest = ''] = text.split(`${heading}\n`);
  const [section = ''] = rest.split(/\n##/);
  const rows = section.matchAll(/^\| (\d+) \| (\w+) \|/gm);
  return new Map(Array.from(rows, ([, number, name = '']) => [name, Number(number)]));
}

describe('docs/PROTOCOL.md', () => {
  it('gives datagrams, frames, codes of CLOSE and refusals the numbers that the code gives them', () => {
    const { data: _, ...forms } = datagramForm;
    const upperCase = (table: Readonly<Record<string, number>>): ReadonlyMap<string, number> =>
      new Map(Object.entries(table).map(([name, number]) => [name.toUpperCase(), number]));
    assert.deepEqual(numbersUnder('## §2 Datagrams'), upperCase(forms));
    assert.deepEqual(numbersUnder('## §5 Frames'), upperCase(frameType));
    const closes = { ...closeCode, ...closeNumbers };
    assert.deepEqual(numbersUnder('## §6 Closing'), new Map(Object.entries(closes)));
    const refusals = Object.entries(errorTable).flatMap(([code, entry]) =>
      'wire' in entry ? [[code, entry.wire] as const] : [],
    );
    assert.deepEqual(numbersUnder('### Refusals'), new Map(refusals));
  });

  it('has the sections that the code cites', () => {
    const sections = Array.from(text.matchAll(/^## §(\d+) /gm), ([, number]) => Number(number));
    assert.deepEqual(sections, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
