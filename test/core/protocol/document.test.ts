import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { closeNumbers } from '../../../core/chat/closing.ts';
import type { DirectoryEntry } from '../../../core/chat/types.ts';
import { clientCodec, peerCodec, serverCodec } from '../../../core/chat/wire.ts';
import { errorTable } from '../../../core/errors.ts';
import { ByteReader } from '../../../core/protocol/bytes.ts';
import { closeCode } from '../../../core/protocol/connection.ts';
import { frameType } from '../../../core/protocol/frame.ts';
import { proofNumbers } from '../../../core/protocol/handshake.ts';
import { datagramForm } from '../../../core/protocol/packet.ts';

const text = readFileSync(new URL('../../../docs/PROTOCOL.md', import.meta.url), 'utf8');

/** The rows of a table whose first column is a number, from a heading on to the next one: number and name. */
function numbersUnder(heading: string): ReadonlyMap<string, number> {
  const [, rest = ''] = text.split(`${heading}\n`);
  const [section = ''] = rest.split(/\n##/);
  const rows = section.matchAll(/^\| *(\d+) *\| *(\w+) *\|/gm);
  return new Map(Array.from(rows, ([, number, name = '']) => [name, Number(number)]));
}

/** The rows of a table of messages: number, name and the names of the fields in order. */
function messagesUnder(heading: string): readonly (readonly [number, string, readonly string[]])[] {
  const [, rest = ''] = text.split(`${heading}\n`);
  const [section = ''] = rest.split(/\n##/);
  const rows = section.matchAll(/^\| *(\d+) *\| *(\w+) *\|(.*?)\|/gm);
  return Array.from(rows, ([, number, name = '', fields = '']) => {
    const parts = fields
      .replaceAll(/`.*?`/g, '')
      .replaceAll(/\(.*?\)|at most \d+/g, '')
      .split(',');
    const words = parts.flatMap((part) => /^\s*(\w+)/.exec(part)?.[1] ?? []);
    return [Number(number), name, words] as const;
  });
}

const bytesOf: Readonly<Record<string, number>> = {
  processId: 8,
  epoch: 8,
  logId: 8,
  mid: 16,
  hash: 8,
  identity: 32,
  sealed: 0,
  proof: 32,
  key: 32,
  token: 16,
  invitation: 4,
};
const texts = new Set([
  ...['name', 'group', 'from', 'text', 'detail', 'prefix', 'to'],
  ...['by', 'words', 'owner', 'topic', 'topicBy'],
  ...['who', 'note'],
]);
const lists = new Set([
  'resume',
  'groups',
  'names',
  'entries',
  'addresses',
  'messages',
  'operators',
  'accounts',
  'keys',
  'invitations',
  'bans',
  'roles',
]);

const anyEntry: DirectoryEntry = {
  name: '',
  key: '0'.repeat(64),
  address: { host: '', port: 0 },
  online: false,
  bot: false,
};

/** Any message of a type, which notes the fields that an encoder asks for. */
function asked(type: string, fields: string[]): { readonly type: string } {
  return new Proxy(
    { type },
    {
      get: (target, field) => {
        if (field === 'type' || typeof field === 'symbol') return target.type;
        fields.push(field);
        if (texts.has(field)) return '';
        if (lists.has(field)) return [];
        // Words where it is a text.
        if (field === 'reason') return 'left';
        if (field === 'role' || field === 'newcomers') return 'member';
        if (field === 'outcome') return 'delivered';
        if (field === 'access') return 'open';
        if (field === 'entry') return anyEntry;
        const count = bytesOf[field];
        return count === undefined ? 0 : new Uint8Array(count);
      },
    },
  );
}

describe('docs/PROTOCOL.md', () => {
  it('gives messages the numbers and fields that their codecs write, in this order', () => {
    const codecs = [
      ['### Client to server', clientCodec.tables, (message: never) => clientCodec.encode(message)],
      ['### Server to client', serverCodec.tables, (message: never) => serverCodec.encode(message)],
      ['### Client to client', peerCodec.tables, (message: never) => peerCodec.encode(message)],
    ] as const;
    for (const [heading, tables, encode] of codecs) {
      const rows = messagesUnder(heading);
      assert.equal(rows.length, Object.keys(tables).length);
      for (const [number, name, fields] of rows) {
        const written: string[] = [];
        // The document's word is what is put to the test: a name that no table has makes the codec throw.
        const bytes = encode(asked(name, written) as never);
        assert.equal(new ByteReader(bytes).varint(), number, name);
        assert.deepEqual(written, fields, name);
      }
    }
  });

  it('gives datagrams, proofs, frames, codes of CLOSE and refusals the numbers that the code gives them', () => {
    const { data: _, ...forms } = datagramForm;
    const upperCase = (table: Readonly<Record<string, number>>): ReadonlyMap<string, number> =>
      new Map(
        Object.entries(table).map(([name, number]) => [
          name.replace(/[A-Z]/g, '_$&').toUpperCase(),
          number,
        ]),
      );
    assert.deepEqual(numbersUnder('## §2 Datagrams'), upperCase(forms));
    assert.deepEqual(numbersUnder('## §3 Handshake'), new Map(Object.entries(proofNumbers)));
    assert.deepEqual(numbersUnder('## §5 Frames'), upperCase(frameType));
    const closes = { ...closeCode, ...closeNumbers };
    assert.deepEqual(numbersUnder('## §6 Closing'), new Map(Object.entries(closes)));
    const refusals = Object.entries(errorTable).flatMap(([code, entry]) =>
      'wire' in entry ? [[code, entry.wire] as const] : [],
    );
    assert.deepEqual(numbersUnder('### Refusals'), new Map(refusals));
  });

  it('tells of each request that is answered, and knows the refusals that it names', () => {
    const [, rest = ''] = text.split('**Requests.**');
    const [section = ''] = rest.split('**Registering.**');
    const rows = Array.from(section.matchAll(/^\| *([a-z]\w+) *\|[^|]*\|([^|]*)\|/gm));
    const unanswered = ['confirm', 'directoryCheck', 'settle', 'confirmSettled'];
    const answered = Object.keys(clientCodec.tables).filter((type) => !unanswered.includes(type));
    assert.deepEqual(rows.map(([, name = '']) => name).sort(), answered.sort());
    const known = new Set<string>(Object.keys(errorTable));
    for (const [, name, refusals = ''] of rows) {
      for (const [code] of refusals.matchAll(/[A-Z_]+/g))
        assert.ok(known.has(code), `${name}: ${code}`);
    }
  });

  it('has the sections that the code cites', () => {
    const sections = Array.from(text.matchAll(/^## §(\d+) /gm), ([, number]) => Number(number));
    assert.deepEqual(sections, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});
