/** A script of ann's on standard input in a chat in memory; SIGINT ends it, as it does a real one. */

import { runScript } from '../../repl/script.ts';
import { MemoryChat } from './memory-chat.ts';

const chat = new MemoryChat();
const ann = chat.connect('ann');
chat.connect('bob');
const stop = new AbortController();
process.on('SIGINT', () => stop.abort());
const code = await runScript({
  client: ann,
  source: process.stdin,
  name: 'test.txt',
  output: process.stdout,
  errorOutput: process.stderr,
  signal: stop.signal,
});
process.exit(ann.directory.get('ann')?.online === false ? code : 99);
