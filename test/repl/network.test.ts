/** Scripts between real clients on a real server. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { Client, Server } from '../../core/index.ts';
import { runScript } from '../../repl/script.ts';

async function serve(t: TestContext): Promise<(name: string) => Promise<Client>> {
  const server = await Server.start({ port: 0, host: '127.0.0.1' });
  const clients: Client[] = [];
  t.after(async () => {
    // A client waits for the server's goodbye, so the server goes last.
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  });
  return async (name) => {
    const address = `127.0.0.1:${server.address.port}`;
    const client = await Client.connect({ name, server: address, serverKey: server.key });
    clients.push(client);
    return client;
  };
}

test('a script creates a group, speaks in it, hears the answer and de-registers', async (t) => {
  const connect = await serve(t);
  const bob = await connect('bob');
  bob.on('memberJoined', ({ group, name }) => void bob.sendGroup(group, `welcome ${name}`));
  await bob.createGroup('ops');
  await bob.joinGroup('ops');
  const heard: string[] = [];
  bob.on('groupMessageReceived', ({ from, text: said }) => heard.push(`${from}: ${said}`));
  const [output, errorOutput] = [new PassThrough(), new PassThrough()];
  const code = await runScript({
    client: await connect('ann'),
    source: `join_group ops
const { text } = await chat.next({ from: 'bob', text: /^welcome/ })
send_group bob said "{text}", verbatim
await chat.sendGroup('heard ' + text)
list_members`,
    name: 'test.txt',
    output,
    errorOutput,
  });
  output.end();
  errorOutput.end();
  assert.equal(await text(errorOutput), '');
  assert.equal(code, 0);
  assert.match(await text(output), /#ops bob {4}welcome ann.*\nbob\nann\n$/s);
  assert.deepEqual(heard, ['ann: bob said "{text}", verbatim', 'ann: heard welcome ann']);
  while (bob.directory.get('ann')?.online !== false) await once(bob, 'directoryChanged');
});
