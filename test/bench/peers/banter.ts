/** Banter: this project's server and clients, over the public interface. */

import { join } from 'node:path';
import { BanterError, Client } from '../../../core/index.ts';
import { connectLean } from './banter-lean.ts';
import { nodeServer, type Peer } from './peer.ts';

const built = new URL('../../../dist/repl/bin.js', import.meta.url).pathname;

export const banter: Peer = {
  name: 'banter',
  terms: 'encrypted; acknowledged with its place in the group',
  launch: (place) => nodeServer('banter-server.ts', place),
  launchInstalled: ({ port, folder }) => ({
    command: process.execPath,
    arguments: [
      ...[built, 'serve', '--port', String(port), '--host', '127.0.0.1'],
      ...['--data', join(folder, 'data')],
    ],
  }),
  connect: async ({ port, name, onMessage, onLost, signal }) => {
    const server = `127.0.0.1:${port}`;
    const options = { name, server, reconnect: false, ...(signal && { signal }) };
    const client = await Client.connect(options);
    client.on('groupMessageReceived', ({ text }) => onMessage(text));
    client.on('disconnected', onLost);
    return {
      join: async (group) => {
        await client.createGroup(group).catch(ignoreExisting);
        await client.joinGroup(group);
      },
      send: async (group, text) => {
        await client.sendGroup(group, text);
      },
      close: () => void client.close(),
    };
  },
  connectIdle: connectLean,
};

function ignoreExisting(error: unknown): void {
  if (!(error instanceof BanterError) || error.code !== 'GROUP_EXISTS') throw error;
}
