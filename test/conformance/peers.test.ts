/** Private messages between the second implementation and the real client (docs/PROTOCOL.md §9). */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Client as RealClient, Server } from '../../core/index.ts';
import { folded } from './chat.ts';
import { Client } from './client.ts';

const host = '127.0.0.1';
const long = 'ünïcode '.repeat(500);

/** A server, the real client `ann` and the second implementation as `otto`, who know each other. */
async function meet(): Promise<
  AsyncDisposable & { server: Server; ann: RealClient; otto: Client }
> {
  const server = await Server.start({ port: 0, host });
  const otto = await Client.open({ name: 'otto' });
  await otto.connect(server.address, { expected: server.key });
  await otto.register();
  const address = `${host}:${server.address.port}`;
  const ann = await RealClient.connect({ name: 'ann', server: address, serverKey: server.key });
  await otto.events.take('directoryDelta', ({ entries }) =>
    entries.some(({ name, online }) => name === 'ann' && online),
  );
  return {
    server,
    ann,
    otto,
    [Symbol.asyncDispose]: async () => {
      await otto[Symbol.asyncDispose]();
      await ann.close();
      await server.close();
    },
  };
}

describe('private messages of the second implementation', { timeout: 20_000 }, () => {
  it('go both ways over the relay, on the connection that it began', async () => {
    await using scene = await meet();
    const { ann, otto } = scene;
    for (const text of ['hello', '', long]) {
      const received = once(ann, 'privateMessageReceived');
      await otto.sendPrivate('ann', text, 'relayed');
      const [message] = await received;
      assert.deepEqual([message.from, message.text], ['otto', text]);
      await ann.send('otto', text);
      const { from, text: heard } = await otto.events.take('privateMessage');
      assert.deepEqual([from, heard], ['ann', text]);
    }
  });

  it('go both ways on the connection that the real client began', async () => {
    await using scene = await meet();
    const { ann, otto } = scene;
    await ann.send('otto', long);
    const { text, over } = await otto.events.take('privateMessage');
    assert.equal(text, long);
    assert.match(over.host, /^relay-/);
    const received = once(ann, 'privateMessageReceived');
    await otto.sendPrivate('ann', long, 'relayed');
    const [message] = await received;
    assert.equal(message.text, long);
  });

  it('leave the relay for the direct path', async () => {
    await using scene = await meet();
    const { ann, otto } = scene;
    await otto.sendPrivate('ann', 'hello', 'relayed');
    for (let isDirect = false; !isDirect; ) {
      await ann.send('otto', 'psst');
      isDirect = (await otto.events.take('privateMessage')).over.host === host;
    }
    await otto.sendPrivate('ann', 'hello', 'relayed');
  });

  it('go directly, whether the server is there or not', async () => {
    await using scene = await meet();
    const { ann, otto, server } = scene;
    await otto.sendPrivate('ann', long, 'direct');
    await server.close();
    await otto.events.take('closed');
    await otto.sendPrivate('ann', long, 'direct');
    await ann.send('otto', long);
    const { over } = await otto.events.take('privateMessage');
    const { port } = otto.directory.get(folded('ann')) ?? assert.fail();
    assert.deepEqual(over, { host, port });
  });

  it('reach it directly from a real client that begins without the server', async () => {
    await using scene = await meet();
    const { ann, otto, server } = scene;
    await server.close();
    await ann.send('otto', long);
    assert.equal((await otto.events.take('privateMessage')).over.host, host);
  });

  it('go beyond the first credit in both directions', async () => {
    await using scene = await meet();
    const { ann, otto } = scene;
    const text = 'x'.repeat(60_000);
    let heard = 0;
    ann.on('privateMessageReceived', (message) => {
      heard += message.text.length;
    });
    for (let count = 0; count < 20; count++) {
      await otto.sendPrivate('ann', text, 'direct');
      await ann.send('otto', text);
    }
    assert.equal(heard, 1_200_000);
    assert.equal(otto.events.count('privateMessage'), 20);
  });
});
