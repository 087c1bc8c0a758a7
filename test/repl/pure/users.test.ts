/** Who is listed and completed where the directory holds only some of those whom the server knows. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BanterError, type DirectoryEntry, type ListUsersOptions } from '../../../core/index.ts';
import { commandTable, dotForms } from '../../../repl/commands/index.ts';
import { complete } from '../../../repl/completer.ts';
import { Formatter } from '../../../repl/format.ts';
import { ChatSession } from '../../../repl/session.ts';
import { MemoryChat, MemoryClient } from '../memory-chat.ts';

/** A client that is told of itself alone, at a server with 2,500 others. */
class LonelyClient extends MemoryClient {
  override get directory(): ReadonlyMap<string, DirectoryEntry> {
    const own = super.directory.get(this.name);
    return new Map(own === undefined ? [] : [[this.name, own]]);
  }

  override async listUsers({
    prefix = '',
    limit,
  }: ListUsersOptions = {}): Promise<readonly DirectoryEntry[]> {
    if (!this.connected) throw new BanterError('CONNECTION_LOST', 'the server does not answer');
    const own = [...this.directory.values()];
    const others = Array.from({ length: 2500 }, (_, at) =>
      own.map((entry) => ({ ...entry, name: `user${String(at).padStart(4, '0')}` })),
    );
    const users = [...own, ...others.flat()].filter(({ name }) => name.startsWith(prefix));
    return users.slice(0, limit);
  }
}

function lonely(): { readonly client: LonelyClient; readonly session: ChatSession } {
  const chat = new MemoryChat();
  const client = new LonelyClient(chat, 'ann');
  chat.clients.set('ann', client);
  return { client, session: new ChatSession({ client }) };
}

/** What a line of `list_users` shows. */
async function listed(session: ChatSession, prefix?: string): Promise<readonly string[]> {
  const command = commandTable.get('list_users');
  assert.ok(command !== undefined);
  const { signal } = new AbortController();
  const result = await command.run(session, { prefix }, { signal });
  return new Formatter({ name: 'ann', colours: false }).result(result).split('\n');
}

test('list_users asks the server, and says when there are more than it shows', async () => {
  const { session } = lonely();
  const lines = await listed(session);
  assert.equal(lines.length, 2001);
  assert.match(lines[0] ?? '', /^ann +online$/);
  assert.match(lines.at(-1) ?? '', /there are more.*list_users <prefix>/);
});

test('list_users with a prefix shows those who are called so', async () => {
  const { session } = lonely();
  assert.deepEqual(await listed(session, 'user249'), [
    ...Array.from({ length: 10 }, (_, at) => `user249${at}  online`),
  ]);
  assert.deepEqual(await listed(session, 'nobody'), ['nobody is called so']);
});

test('completion asks the server, and does with the directory while that is away', async () => {
  const { client, session } = lonely();
  const vocabulary = { commands: commandTable, dotForms };
  const completeCode = async (): Promise<readonly [readonly string[], string]> => [[], ''];
  const at = (line: string) => complete(line, { session, vocabulary, completeCode });
  assert.deepEqual((await at('send user000'))[0].length, 10);
  assert.deepEqual(await at("chat.send('user2499"), [['user2499'], 'user2499']);
  client.connected = false;
  assert.deepEqual(await at('send user000'), [[], 'user000']);
  assert.deepEqual(await at('send a'), [['ann '], 'a']);
});
