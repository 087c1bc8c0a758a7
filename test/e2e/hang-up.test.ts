import { test } from 'node:test';
import { spawn } from '@lydell/node-pty';
import { Server, type ServerFact } from '../../core/index.ts';
import { temporaryHome } from '../support/home.ts';

const executable = new URL('../../repl/bin.ts', import.meta.url).pathname;

function factOf(server: Server, type: ServerFact['type']): Promise<void> {
  return new Promise((resolve) => {
    server.on('fact', (fact) => {
      if (fact.type === type) resolve();
    });
  });
}

test('a chat whose terminal window is closed under its shell de-registers', {
  timeout: 60_000,
}, async (t) => {
  const home = temporaryHome(t);
  await using server = await Server.start({ port: 0, host: '127.0.0.1' });
  const registered = factOf(server, 'clientRegistered');
  const left = factOf(server, 'clientDeregistered');
  // The shell leads the session, as in a terminal window; what it runs hears of the end by itself.
  const command = `"${process.execPath}" "${executable}" chat ann 127.0.0.1:${server.address.port}; true`;
  const terminal = spawn('sh', ['-c', command], { env: { ...home.environment } });
  let screen = '';
  const prompted = new Promise<void>((resolve) => {
    terminal.onData((data) => {
      screen += data;
      if (screen.includes('ann> ')) resolve();
    });
  });
  await registered;
  await prompted;
  // Closes our end: the window is gone.
  Reflect.get(terminal, 'destroy').call(terminal);
  await left;
});
