import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, type GroupMessage, Server } from '../../core/index.ts';
import { PluginRuntime } from '../../plugins/index.ts';

const timeout = 60_000;

test('a plugin of one client answers another over a real server, in the group and privately', {
  timeout,
}, async () => {
  await using server = await Server.start({ port: 0, host: '127.0.0.1' });
  const options = {
    server: `127.0.0.1:${server.address.port}`,
    serverKey: server.key,
    privateInGroup: true,
  };
  await using alice = await Client.connect({ ...options, name: 'alice' });
  await using robot = await Client.connect({ ...options, name: 'robot', bot: true });
  await alice.createGroup('lab');
  await alice.joinGroup('lab');
  await robot.joinGroup('lab');
  await using runtime = await PluginRuntime.start({ client: robot });
  await runtime.load('auto-reply', { rules: [{ pattern: '^hello$', reply: 'hello $from' }] });

  const inGroup = new Promise<GroupMessage>((resolve) =>
    alice.once('groupMessageReceived', resolve),
  );
  await alice.sendGroup('lab', 'hello');
  const { from, text, bot, hops } = await inGroup;
  assert.deepEqual(
    { from, text, bot, hops },
    { from: 'robot', text: 'hello alice', bot: true, hops: 1 },
  );

  const aside = new Promise<string>((resolve) =>
    alice.once('privateMessageReceived', (message) => resolve(message.text)),
  );
  await alice.send('robot', 'hello');
  assert.equal(await aside, 'hello alice');
});
