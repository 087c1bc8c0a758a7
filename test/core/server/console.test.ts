import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerFact } from '../../../core/chat/facts.ts';
import type { DirectoryEntry } from '../../../core/chat/types.ts';
import { clientTable, narrate } from '../../../core/server/console.ts';

function entry(name: string, port: number, online: boolean): DirectoryEntry {
  const address = { host: port === 0 ? '' : '127.0.0.1', port };
  return { name, key: '00'.repeat(32), address, online, bot: false };
}

const told: readonly { readonly fact: ServerFact; readonly lines: readonly string[] }[] = [
  {
    fact: { type: 'clientRegistered', name: 'X', address: { host: '127.0.0.1', port: 7771 } },
    lines: [],
  },
  { fact: { type: 'clientDeregistered', name: 'X' }, lines: [] },
  { fact: { type: 'clientLost', name: 'X' }, lines: [] },
  {
    fact: { type: 'directoryChanged', entries: [entry('X', 7771, true), entry('Y', 7772, false)] },
    lines: [
      '>>> Client table updated.',
      "{'X': {'ip': '127.0.0.1', 'port': 7771, 'online': True}, 'Y': {'ip': '127.0.0.1', 'port': 7772, 'online': False}}",
    ],
  },
  {
    fact: { type: 'groupCreated', group: 'roomA', by: 'X' },
    lines: ['>>> Client X created group roomA successfully'],
  },
  {
    fact: { type: 'groupCreateRefused', group: 'roomA', by: 'X' },
    lines: ['>>> Client X creating group roomA failed, group already exists'],
  },
  {
    fact: { type: 'groupJoined', group: 'roomA', by: 'X' },
    lines: ['>>> Client X joined group roomA'],
  },
  {
    fact: { type: 'groupJoinRefused', group: 'roomC', by: 'X' },
    lines: ['>>> Client X joining group roomC failed, group does not exist'],
  },
  {
    fact: { type: 'groupsListed', by: 'X', groups: ['roomA', 'roomB'] },
    lines: ['>>> Client X requested listing groups, current groups:', '>>> roomA', '>>> roomB'],
  },
  {
    fact: { type: 'membersListed', by: 'X', group: 'roomA', members: ['X', 'Y'] },
    lines: ['>>> Client X requested listing members of group roomA:', '>>> X', '>>> Y'],
  },
  {
    fact: { type: 'groupMessageSent', group: 'roomA', by: 'X', text: 'hello; everyone' },
    lines: ['>>> Client X sent group message: hello; everyone'],
  },
  {
    fact: { type: 'groupLeft', group: 'roomA', by: 'X', reason: 'left' },
    lines: ['>>> Client X left group'],
  },
  {
    fact: { type: 'groupLeft', group: 'roomA', by: 'X', reason: 'deregistered' },
    lines: ['>>> Client X left group'],
  },
  {
    fact: { type: 'groupLeft', group: 'roomA', by: 'X', reason: 'unresponsive' },
    lines: ['>>> Client X not responsive, removed from roomA'],
  },
  {
    fact: {
      type: 'groupsChanged',
      groups: new Map([
        ['roomA', ['X', 'Y']],
        ['roomB', []],
      ]),
    },
    lines: ['>>> Group table updated.', "{'roomA': {'X', 'Y'}, 'roomB': set()}"],
  },
];

describe('the classic narration', () => {
  for (const { fact, lines } of told) {
    const variant = 'reason' in fact ? ` (${fact.reason})` : '';
    it(`tells ${fact.type}${variant} in ${lines.length} lines`, () => {
      assert.deepEqual(narrate(fact), lines);
    });
  }

  it('leaves names without an address out of the table', () => {
    assert.equal(clientTable([entry('X', 0, false)]), '{}');
  });

  it('shows an empty table of groups', () => {
    assert.deepEqual(narrate({ type: 'groupsChanged', groups: new Map() }), [
      '>>> Group table updated.',
      '{}',
    ]);
  });
});
