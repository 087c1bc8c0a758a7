import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Cursors } from '../../../core/client/cursors.ts';
import type { GroupMessage } from '../../../core/index.ts';
import { Cable, told, World } from './world.ts';

const logId = new Uint8Array(8);

function message(seq: number, group = 'lab', log = '0'.repeat(16)): GroupMessage {
  return {
    type: 'group',
    mid: '0'.repeat(32),
    group,
    from: 'ann',
    text: '',
    seq,
    logId: log,
    sentAtMs: 0,
    bot: false,
    hops: 0,
    recovered: false,
  };
}

test('nothing from the oldest held message on counts as handled, whatever is released first', () => {
  const cursors = new Cursors();
  const told: string[] = [];
  cursors.onReleased = (group) => told.push(group);
  assert.equal(cursors.handled('lab', logId, 9), 9);
  const [three, four, again] = [3, 4, 4].map((seq) => cursors.hold(message(seq)));
  assert.equal(cursors.handled('Lab', logId, 9), 2);
  assert.equal(cursors.handled('hall', logId, 9), 9);
  four?.();
  four?.();
  assert.equal(cursors.handled('lab', logId, 9), 2);
  three?.();
  assert.equal(cursors.handled('lab', logId, 9), 3);
  again?.();
  assert.equal(cursors.handled('lab', logId, 9), 9);
  assert.deepEqual(told, ['lab', 'lab']);
});

test('what is held of a former log of the group holds nothing of the new one', () => {
  const cursors = new Cursors();
  const former = cursors.hold(message(3));
  const next = cursors.hold(message(1, 'lab', '1'.repeat(16)));
  assert.equal(cursors.handled('lab', new Uint8Array(8).fill(0x11), 5), 0);
  former();
  assert.equal(cursors.handled('lab', new Uint8Array(8).fill(0x11), 5), 0);
  next();
  assert.equal(cursors.handled('lab', new Uint8Array(8).fill(0x11), 5), 5);
});

test('what was held when the process died comes again as recovered, and what was handled before does not', async (t) => {
  const world = await World.start(t);
  const dataDir = await mkdtemp(join(tmpdir(), 'banter-cursors-'));
  t.after(() => rm(dataDir, { recursive: true }));
  const [ann] = await world.gather('lab', 'ann');
  const cable = new Cable();
  const first = await world.join('bot', { dataDir, environment: cable.environment });
  await first.joinGroup('lab');
  const heard = told(first, 'groupMessageReceived');
  first.on('groupMessageReceived', (received) => {
    if (received.text === 'held') first.cursors.hold(received);
  });
  // As many as make the client say at once how far it is.
  const others = Array.from({ length: 70 }, (_, at) => `other ${at}`);
  for (const text of ['handled', 'held', ...others]) await ann?.sendGroup('lab', text);
  await heard.count(72);
  // What was told before has arrived when this is answered.
  await first.listGroups();
  cable.cut();

  const second = await world.join('bot', { dataDir, takeOver: true });
  const again = told(second, 'groupMessageReceived');
  await ann?.sendGroup('lab', 'new');
  const messages = await again.until((values) => values.some(({ text }) => text === 'new'));
  assert.deepEqual(
    messages.map(({ text, recovered }) => [text, recovered]),
    [['held', true], ...others.map((text) => [text, true]), ['new', false]],
  );
});
