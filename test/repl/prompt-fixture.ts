/** A prompt for ann in a chat in memory. SIGUSR2 makes bob say the next of the texts given as arguments; `500x hi` is said 500 times. */

import { startRepl } from '../../repl/repl.ts';
import { MemoryChat } from './memory-chat.ts';

const texts = process.argv.slice(2);
const chat = new MemoryChat({ groupsPerClient: 2, privateInGroup: true });
const ann = chat.connect('ann');
chat.connect('bob');
chat.groups.set('dev', { members: new Set(), seq: 0 });
chat.groups.set('ops', { members: new Set(['bob']), seq: 0 });
process.on('SIGUSR2', () => {
  const next = texts.shift() ?? 'nothing left to say';
  const [, times = '1', text = next] = /^(\d+)x (.*)$/s.exec(next) ?? [];
  for (let n = 1; n <= Number(times); n++) say(times === '1' ? text : `${text} ${n}`);
});

function say(text: string): void {
  const [, group, said] = /^#(\w+) (.*)$/s.exec(text) ?? [];
  if (group === undefined || said === undefined) ann.receivePrivate('bob', text);
  else ann.receiveGroup(group, 'bob', said);
}

Object.defineProperty(globalThis, 'sent', { value: () => ann.sent.length });
const historyFile = process.env['HISTORY'];
const code = await startRepl({
  client: ann,
  input: process.stdin,
  output: process.stdout,
  errorOutput: process.stderr,
  greeting: 'welcome',
  dumb: process.env['TERM'] === 'dumb',
  ...(historyFile === undefined ? {} : { historyFile }),
});
process.stdout.write(`closed ${ann.directory.get('ann')?.online === false} with ${code}\n`);
process.exit(code);
