/** ngircd, an IRC server in C. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineClient } from './line-client.ts';
import type { Peer, PeerClient, Target } from './peer.ts';

export const ngircd: Peer = {
  name: 'ngircd',
  terms: 'in clear; deliveries not acknowledged; a PONG says that the server took a message',
  program: 'ngircd',
  launch: ({ port, folder }) => {
    const file = join(folder, 'ngircd.conf');
    const lines = [
      '[Global]',
      'Name = irc.example.org',
      'Info = benchmark',
      'Listen = 127.0.0.1',
      `Ports = ${port}`,
      '[Limits]',
      'MaxConnections = 0',
      'MaxConnectionsIP = 0',
      'MaxPenaltyTime = 0',
      'PingTimeout = 3600',
      '[Options]',
      'DNS = no',
      'Ident = no',
      'PAM = no',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return { command: 'ngircd', arguments: ['-n', '-f', file] };
  },
  connect,
};

async function connect({ port, name, onMessage, onLost }: Target): Promise<PeerClient> {
  const client = await LineClient.open({
    port,
    onLost,
    onLine: (line) => {
      const [source, command] = line.split(' ', 2);
      if (command === 'PRIVMSG') onMessage(line.slice(line.indexOf(' :') + 2));
      else if (command === 'PONG') client.receivePong();
      else if (source === 'PING') client.write(`PONG ${command}\r\n`);
    },
  });
  await client.ask(`NICK ${name}\r\nUSER ${name} 0 * :${name}\r\nPING 0\r\n`);
  return {
    join: (group) => client.ask(`JOIN #${group}\r\nPING 0\r\n`),
    send: (group, text) => client.ask(`PRIVMSG #${group} :${text}\r\nPING 0\r\n`),
    close: () => client.close(),
  };
}
