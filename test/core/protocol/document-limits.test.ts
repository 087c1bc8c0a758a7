/** The limits of docs/PROTOCOL.md §10, held against what the code goes by. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { pageBytesMax, queriesPerLink } from '../../../core/chat/archive.ts';
import {
  addressesMax as attemptAddressesMax,
  failureIntervalMs,
  failuresAtOnce,
} from '../../../core/chat/attempts.ts';
import { auditEntriesMax } from '../../../core/chat/audit.ts';
import { failuresMax, pageBytes, pageMessages, retryMs } from '../../../core/chat/catch-up.ts';
import { parseLimits } from '../../../core/chat/limits.ts';
import { nameBytesMax } from '../../../core/chat/names.ts';
import { groupsPerClientMax } from '../../../core/chat/wire.ts';
import { auditPageEntriesMax, reasonBytesMax } from '../../../core/chat/wire-administration.ts';
import { hopsMax, pageEntriesMax } from '../../../core/chat/wire-fields.ts';
import { pageMessagesMax, wordsBytesMax } from '../../../core/chat/wire-history.ts';
import { bansPerPage, muteMinutesMax, remarkBytesMax } from '../../../core/chat/wire-order.ts';
import { ackDelayMsMax, ackDelaysMax } from '../../../core/protocol/ack.ts';
import { messageBytesMax } from '../../../core/protocol/chunk.ts';
import { ackRangesMax, datagramPayloadBytesMax } from '../../../core/protocol/frame.ts';
import { answerKeepaliveMs } from '../../../core/protocol/liveness.ts';
import { datagramBytesMax, relayedDatagramBytesMax } from '../../../core/protocol/packet.ts';

const text = readFileSync(new URL('../../../docs/PROTOCOL.md', import.meta.url), 'utf8');
const [, section = ''] = text.split('## §10');
const limits = parseLimits({});
const kib = 1024;
const mib = 1024 * kib;

/** The numbers of a row's value, in order; sizes in KiB and MiB as they are written. */
function numbersOf(what: string): readonly number[] {
  const rows = section.split('\n').map((row) => row.split('|').map((cell) => cell.trim()));
  const row = rows.find(([, name]) => name === what);
  assert.ok(row, `§10 has no row "${what}"`);
  const numbers = row[2]?.replaceAll(/(?<=\d),(?=\d{3})/g, '').match(/\d+/g) ?? [];
  return numbers.map(Number);
}

const claims: readonly (readonly [what: string, numbers: readonly number[]])[] = [
  ['datagram', [datagramBytesMax]],
  ['payload of a DATAGRAM', [datagramPayloadBytesMax, relayedDatagramBytesMax]],
  ['ranges of an ACK', [ackRangesMax]],
  ['ACK', [ackDelayMsMax, ackDelaysMax * ackDelayMsMax, 10]],
  ['keepalive of who awaits an answer', [answerKeepaliveMs / 1000]],
  ['message', [messageBytesMax]],
  ['text', [limits.textBytes]],
  ['name', [nameBytesMax / 4, nameBytesMax, 8]],
  ['hops', [hopsMax]],
  ['groups of a client', [groupsPerClientMax]],
  ['names or entries of a page', [pageEntriesMax]],
  ['connections at a server', [limits.links]],
  ['operators', [limits.operators]],
  ['banned keys', [limits.bans]],
  ['keys on the list of those who may come in', [limits.admissions]],
  ['open invitations', [limits.invitations]],
  [
    'invitations that do not exist',
    [failuresAtOnce, 4, 6, 64, failureIntervalMs / 1000, attemptAddressesMax],
  ],
  ['entries of the audit trail', [auditEntriesMax, auditPageEntriesMax]],
  ['reason, note or announcement', [reasonBytesMax]],
  ['names, groups', [limits.names, limits.groups]],
  ['names that everybody is told of', [limits.directoryNames]],
  ['contacts of a connection', [limits.contacts]],
  ['groups of an identity', [limits.groupsPerIdentity]],
  ['topic, reason', [remarkBytesMax]],
  ['mute', [muteMinutesMax]],
  ['roles, bans, mutes of a group', [limits.rolesPerGroup]],
  ['roles, bans, mutes and invitations of all groups', [limits.rules]],
  ['bans of a page', [bansPerPage]],
  ['invitations', [7, limits.invitationsPerGroup, limits.invitationsPerClient]],
  ['invitations of an identity', [limits.invitesAtOnce, 10]],
  ['counters remembered', [limits.sendsRemembered, limits.processesRemembered]],
  ['look whether a client lives', [limits.probeMs / 1000, limits.probeClaims]],
  ['messages of a log', [limits.logMessages, limits.logBytes / mib, limits.logBytesTotal / mib]],
  [
    'pages read for members that are behind',
    [pageMessages, pageBytes / kib, limits.readsAtOnce, limits.pageBytesTotal / mib],
  ],
  ['page that the store could not read', [retryMs / 1000, failuresMax]],
  [
    'requests for a history or a search',
    [pageMessagesMax, pageBytesMax, queriesPerLink, limits.queriesAtOnce],
  ],
  ['words of a search', [wordsBytesMax]],
  [
    'requests of a connection',
    [
      limits.requestsPerSecond,
      limits.requestBurst,
      limits.requestBytesPerSecond / kib,
      limits.requestByteBurst / kib,
    ],
  ],
  [
    'private messages kept for a client',
    [
      limits.mailboxMessages,
      limits.mailboxBytes / mib,
      limits.mailboxMessagesPerSender,
      limits.mailboxBytesPerSender / kib,
    ],
  ],
  [
    'the same of one sender, and in all',
    [limits.mailBytesPerSender / mib, limits.mailBytesTotal / mib, 256],
  ],
  ['age of a kept message', [limits.mailboxMs / (24 * 3600 * 1000)]],
  ['outcomes that a sender is to be told', [limits.outcomesPerSender, limits.outcomes]],
  ['changes on their way to the store', [limits.unstored]],
  ['what waits for them to be stored', [limits.heldBytes / mib]],
];

for (const [what, numbers] of claims) {
  it(`docs/PROTOCOL.md §10 says of "${what}" what the code goes by`, () => {
    assert.deepEqual(numbersOf(what), numbers);
  });
}
