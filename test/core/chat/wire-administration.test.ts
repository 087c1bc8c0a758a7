import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientCodec, serverCodec } from '../../../core/chat/wire.ts';
import {
  auditDetailBytesMax,
  auditPageEntriesMax,
  longEntriesMax,
  reasonBytesMax,
} from '../../../core/chat/wire-administration.ts';
import { pageEntriesMax } from '../../../core/chat/wire-fields.ts';
import { toHex } from '../../../core/protocol/bytes.ts';

describe('the messages of operators', () => {
  const golden: readonly (readonly [string, Uint8Array, string])[] = [
    [
      'admit',
      clientCodec.encode({ type: 'admit', requestId: 1, token: new Uint8Array(16).fill(0xab) }),
      `3201${'ab'.repeat(16)}`,
    ],
    [
      'banKey',
      clientCodec.encode({ type: 'banKey', requestId: 2, who: 'eve', reason: 'x' }),
      '3802036576650178',
    ],
    [
      'setAccess',
      clientCodec.encode({
        type: 'setAccess',
        requestId: 3,
        access: 'invitation',
        admitsKnown: true,
      }),
      '3c030201',
    ],
    [
      'createInvitation',
      clientCodec.encode({ type: 'createInvitation', requestId: 4, uses: 1, days: 7, note: '' }),
      '404004010700',
    ],
    [
      'nameReleased',
      serverCodec.encode({ type: 'nameReleased', name: 'n', key: new Uint8Array(32).fill(1) }),
      `33016e${'01'.repeat(32)}`,
    ],
  ];
  for (const [type, encoded, hex] of golden) {
    it(`are written as they always were: ${type}`, () => assert.equal(toHex(encoded), hex));
  }

  it('fit one message of 65,536 bytes with their fullest page', () => {
    const name = '𠀀'.repeat(32);
    const key = new Uint8Array(32);
    const words = 'x'.repeat(reasonBytesMax);
    const most = Number.MAX_SAFE_INTEGER;
    const numbers = { requestId: most, next: most };
    const pages = [
      serverCodec.encode({
        type: 'bannedKeyList',
        ...numbers,
        bans: Array.from({ length: longEntriesMax }, () => ({
          key,
          name,
          reason: words,
          by: name,
          atMs: most,
        })),
      }),
      serverCodec.encode({
        type: 'accountList',
        ...numbers,
        accounts: Array.from({ length: pageEntriesMax }, () => ({
          name,
          key,
          online: true,
          bot: true,
          operator: true,
          banned: true,
          admitted: true,
        })),
      }),
      serverCodec.encode({
        type: 'auditPage',
        ...numbers,
        entries: Array.from({ length: auditPageEntriesMax }, () => ({
          atMs: most,
          by: name,
          action: 'x'.repeat(64),
          group: name,
          target: name,
          detail: 'x'.repeat(auditDetailBytesMax),
        })),
      }),
    ];
    for (const { length } of pages) assert.ok(length <= 65_536, `${length}`);
  });
});
