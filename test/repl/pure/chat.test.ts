/** The `chat` object and the session behind it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BanterError } from '../../../core/index.ts';
import { Chat } from '../../../repl/chat-object.ts';
import { ChatSession } from '../../../repl/session.ts';
import { MemoryChat, type MemoryClient } from '../memory-chat.ts';

function start(): {
  chat: Chat;
  session: ChatSession;
  ann: MemoryClient;
  stop: AbortController;
  errors: unknown[];
} {
  const network = new MemoryChat({ groupsPerClient: 2, privateInGroup: true });
  const ann = network.connect('ann');
  network.connect('bob');
  const session = new ChatSession({ client: ann });
  const stop = new AbortController();
  const errors: unknown[] = [];
  const chat = new Chat({
    session,
    currentSignal: () => stop.signal,
    onListenerError: (error) => errors.push(error),
    onNotice: () => {},
  });
  return { chat, session, ann, stop, errors };
}

test('speaks to people and to the current group', async () => {
  const { chat, ann } = start();
  await chat.createGroup('ops');
  await chat.createGroup('dev');
  await chat.joinGroup('ops');
  await chat.joinGroup('dev');
  await chat.send('bob', 'hi');
  await chat.sendGroup('to dev');
  await chat.sendGroup('ops', 'to ops');
  await chat.joinGroup('ops');
  await chat.sendGroup('to ops again');
  assert.deepEqual(ann.sent, ['bob: hi', '#dev: to dev', '#ops: to ops', '#ops: to ops again']);
  assert.deepEqual(await chat.listMembers(), ['ann']);
  await chat.leaveGroup();
  assert.equal(chat.group, 'dev');
  assert.deepEqual(
    [chat.me, chat.groups, chat.users.map(({ name }) => name)],
    ['ann', ['dev'], ['ann', 'bob']],
  );
});

test('says what a call lacks, and carries nothing out', async () => {
  const { chat, ann } = start();
  await chat.createGroup('ops');
  await chat.joinGroup('ops');
  // What a compiler would not let through.
  const given: unknown = null;
  const wrong = given as string;
  const told = (message: string) => ({ code: 'OPTION_INVALID', message });
  await assert.rejects(
    chat.send('bob', wrong),
    told('chat.send(to, text): text must be a text, not null'),
  );
  const sending = told('chat.sendGroup([group,] text): text must be a text, not left out');
  await assert.rejects(Reflect.apply(chat.sendGroup, chat, []), sending);
  await assert.rejects(chat.createGroup(wrong), { code: 'OPTION_INVALID' });
  await assert.rejects(chat.joinGroup('ops', wrong), { code: 'OPTION_INVALID' });
  await assert.rejects(chat.leaveGroup(wrong), { code: 'OPTION_INVALID' });
  await assert.rejects(chat.listMembers(wrong), { code: 'OPTION_INVALID' });
  await assert.rejects(chat.history({ group: wrong }), { code: 'OPTION_INVALID' });
  await assert.rejects(chat.search(wrong), { code: 'OPTION_INVALID' });
  assert.deepEqual([chat.groups, ann.sent], [['ops'], []]);
});

test('says what was probably meant by an unknown name', async () => {
  const { chat } = start();
  await chat.createGroup('ops');
  await chat.listGroups();
  await assert.rejects(chat.send('bbo', 'x'), {
    code: 'USER_UNKNOWN',
    message: 'no user "bbo"; did you mean bob?',
  });
  await assert.rejects(chat.joinGroup('osp'), {
    code: 'GROUP_UNKNOWN',
    message: 'no group "osp"; did you mean ops?',
  });
  await assert.rejects(chat.sendGroup('x'), { code: 'NOT_MEMBER' });
});

test('every method that waits ends when its evaluation is interrupted', async () => {
  const { chat, ann, stop } = start();
  const waiting = [chat.next(), chat.sleep(1e6), chat.messages().next()];
  stop.abort();
  const calls = [
    chat.send('bob', 'x'),
    chat.sendGroup('x'),
    chat.createGroup('x'),
    chat.listGroups(),
    chat.joinGroup('x'),
    chat.leaveGroup('x'),
    chat.listMembers('x'),
    chat.history({ group: 'x' }),
    chat.search('x', { group: 'x' }),
    chat.sleep(1),
  ];
  for (const call of [...waiting, ...calls]) await assert.rejects(call, { code: 'ABORTED' });
  assert.deepEqual(ann.sent, []);
});

test('iterates over messages, oldest first', async () => {
  const { chat, ann } = start();
  ann.receivePrivate('bob', '1');
  ann.receivePrivate('bob', '2');
  const texts: string[] = [];
  for await (const { text } of chat.messages()) {
    texts.push(text);
    if (texts.length === 2) ann.receivePrivate('bob', '3');
    if (text === '3') break;
  }
  assert.deepEqual(texts, ['1', '2', '3']);
});

test('calls listeners until they are taken off, once if so asked', () => {
  const { chat, ann } = start();
  const before = ann.listenerCount;
  const seen: string[] = [];
  const on = (message: { text: string }): number => seen.push(`on ${message.text}`);
  chat.on('messageReceived', on).once('messageReceived', ({ text }) => seen.push(`once ${text}`));
  ann.receivePrivate('bob', '1');
  ann.receivePrivate('bob', '2');
  chat.off('messageReceived', on);
  ann.receivePrivate('bob', '3');
  assert.deepEqual(seen, ['on 1', 'once 1', 'on 2']);
  assert.equal(ann.listenerCount, before);
});

test('what a listener throws or rejects with is reported and reaches nobody else', async () => {
  const { chat, ann, errors } = start();
  chat.on('messageReceived', () => {
    throw new RangeError('thrown');
  });
  chat.on('messageReceived', async () => {
    throw new RangeError('rejected');
  });
  ann.receivePrivate('bob', 'x');
  await new Promise(setImmediate);
  assert.deepEqual(errors.map(String), ['RangeError: thrown', 'RangeError: rejected']);
});

test('refuses an event that does not exist, and names the one meant', () => {
  const { chat } = start();
  const listen: (event: never, listener: () => void) => unknown = chat.on.bind(chat);
  assert.throws(
    () => listen('mesageReceived' as never, () => {}),
    /did you mean messageReceived\?/,
  );
});

test('counts what is unread elsewhere until the group is turned to', async () => {
  const { session, ann } = start();
  await ann.createGroup('ops');
  await ann.createGroup('dev');
  await session.joinGroup('ops');
  await session.joinGroup('dev');
  ann.receiveGroup('dev', 'bob', 'here');
  ann.receiveGroup('ops', 'bob', 'there');
  ann.emit('privateMessageHeldBack', 'bob');
  assert.equal(session.unread, 2);
  await session.joinGroup('ops');
  assert.equal(session.unread, 1);
});

test('tells waiting calls and its owner when the client is closed', async () => {
  const { chat, session } = start();
  const waiting = chat.next();
  await session.exit();
  await assert.rejects(waiting, BanterError);
  assert.equal(await session.ended, undefined);
  assert.ok(session.leaving);
});
