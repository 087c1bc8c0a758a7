/** The classic client: the original's commands, wording and refusals around a registered client. */

import { setTimeout } from 'node:timers/promises';
import {
  BanterError,
  type Client,
  checkName,
  type GroupMessage,
  type PrivateMessage,
} from '../core/client-api.ts';
import { clientTable } from '../core/server-api.ts';
import type { ClassicConsole } from './classic-console.ts';

/** Private messages kept until the group is left; beyond, the oldest is shown at once. */
const heldMax = 1000;

/** A request that the server refuses because of its rate is made this often, … */
const triesMax = 5;

/** … this far apart. Milliseconds. */
const tryGapMs = 500;

const goneWords: readonly string[] = ['Server not responding', 'Exiting'];
const nameWords: readonly string[] = ['Someone has already used this name. Try another one.'];
const addressWords: readonly string[] = [
  'Someone has already used this (IP, port) combination. Try another one.',
];

/** Failures for which the original has words. */
const refusals: Partial<Readonly<Record<BanterError['code'], readonly string[]>>> = {
  NAME_TAKEN: nameWords,
  NAME_PRESENT: nameWords,
  ADDRESS_TAKEN: addressWords,
  PORT_IN_USE: addressWords,
  // These say nothing of what was asked, but that nobody answers it.
  SERVER_UNREACHABLE: goneWords,
  CONNECTION_LOST: goneWords,
  OUTCOME_UNKNOWN: goneWords,
};

/** The words for a registration that failed or ended; where the original has none, the reason and what to do. */
export function refusalWords(error: unknown): readonly string[] {
  if (!(error instanceof BanterError)) return [String(error)];
  return refusals[error.code] ?? [error.message, error.remedy];
}

interface ClassicCommand {
  readonly where: 'outside' | 'inside' | 'anywhere';
  /** What must follow the first word, with a group for each argument. */
  readonly pattern: RegExp;
  /** Carries it out. @returns the exit code if this was the end */
  readonly run: (
    classic: ClassicClient,
    first: string,
    second: string,
  ) => Promise<number | undefined>;
}

const nothing = /^/;
const word = /^(\S+)/;
const text = /^(\S.*)/s;
const wordAndText = /^(\S+)\s+(\S.*)/s;

/**
 * Prints what the original prints. Lines are run one after another; a private message that comes in a group, and a group
 * message that comes before the answer to its `join_group`, wait for their time.
 */
export class ClassicClient {
  static readonly #commands: ReadonlyMap<string, ClassicCommand> = new Map<string, ClassicCommand>([
    ['send', { where: 'outside', pattern: wordAndText, run: (it, to, said) => it.#send(to, said) }],
    ['dereg', { where: 'anywhere', pattern: word, run: (it, name) => it.#deregister(name) }],
    ['create_group', { where: 'outside', pattern: word, run: (it, group) => it.#create(group) }],
    ['list_groups', { where: 'outside', pattern: nothing, run: (it) => it.#listGroups() }],
    ['join_group', { where: 'outside', pattern: word, run: (it, group) => it.#join(group) }],
    ['send_group', { where: 'inside', pattern: text, run: (it, said) => it.#sendGroup(said) }],
    ['list_members', { where: 'inside', pattern: nothing, run: (it) => it.#listMembers() }],
    ['leave_group', { where: 'inside', pattern: nothing, run: (it) => it.#leaveGroup() }],
  ]);

  /** Resolves to the exit code if the client is lost by itself. */
  readonly lost: Promise<number>;
  readonly #client: Client;
  readonly #console: ClassicConsole;
  /** The group the person is in as far as the screen says; the server may have removed it from there. */
  #group: string | undefined;
  #held: PrivateMessage[] = [];
  #early: GroupMessage[] = [];
  #ending: Promise<number> | undefined;

  /** Listens from now on. */
  constructor(client: Client, console: ClassicConsole) {
    this.#client = client;
    this.#console = console;
    [this.#group] = client.groups;
    const lost = Promise.withResolvers<number>();
    this.lost = lost.promise;
    client.on('directoryChanged', () => this.#showTable());
    client.on('privateMessageReceived', (message) => this.#receivePrivate(message));
    client.on('groupMessageReceived', (message) => this.#receiveGroup(message));
    client.on('closed', (error) => {
      if (error === undefined) return;
      this.#ending ??= this.#giveUp(error);
      lost.resolve(this.#ending);
    });
  }

  /** `>>> `, or with the group in it. */
  get prompt(): string {
    return this.#group === undefined ? '>>> ' : `>>> (${this.#group}) `;
  }

  /** Prints what a person reads who has just been registered. */
  greet(): void {
    this.#say('Welcome, You are registered.');
    this.#showTable();
  }

  /** Carries out one line. @returns the exit code if it was the last */
  async run(line: string): Promise<number | undefined> {
    const [, first = '', rest = ''] = /^\s*(\S*)\s*(.*)$/s.exec(line) ?? [];
    const command = ClassicClient.#commands.get(first);
    const match = command?.pattern.exec(rest);
    const place = this.#group === undefined ? 'outside' : 'inside';
    if (!command || !match || (command.where !== 'anywhere' && command.where !== place)) {
      this.#say('Invalid command');
      return undefined;
    }
    try {
      const [, one = '', two = ''] = match;
      return await command.run(this, one, two);
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** De-registers and shows what was held back. Idempotent. @returns 0, or 1 if the server did not answer */
  leave(): Promise<number> {
    this.#ending ??= this.#leave();
    return this.#ending;
  }

  async #leave(): Promise<number> {
    const isHeard = await this.#client.close();
    if (isHeard) this.#print('You are Offline. Bye.');
    else this.#sayAll(goneWords);
    this.#exitGroup();
    return isHeard ? 0 : 1;
  }

  async #giveUp(error: unknown): Promise<number> {
    this.#sayAll(refusalWords(error));
    await this.#client.close();
    this.#exitGroup();
    return 1;
  }

  async #send(to: string, said: string): Promise<undefined> {
    const namesakes = await patiently(() => this.#client.listUsers({ prefix: to }));
    const entry = namesakes.find(({ name }) => name === to);
    // Who has not been there since the server's start is in no table.
    if (entry === undefined || entry.address.port === 0) {
      this.#say(`User ${to} does not exist`);
      return;
    }
    try {
      // The original keeps nothing for who is away, and says so.
      await this.#client.send(to, said, { store: false });
      this.#say(`Message received by ${to}.`);
    } catch (error) {
      if (codeOf(error) !== 'PEER_UNREACHABLE') throw error;
      this.#say(`No ACK from ${to}, message not delivered`);
      this.#say('Report this issue to server');
      await patiently(() => this.#client.reportUnanswered(to));
    }
  }

  async #deregister(name: string): Promise<number | undefined> {
    if (name === this.#client.name) return this.leave();
    this.#say('Invalid command');
    return undefined;
  }

  async #create(group: string): Promise<undefined> {
    const fault = checkName(group);
    if (group.includes(';')) {
      this.#say("Group name should not contain ';'. Try again.");
    } else if (fault !== undefined) {
      this.#say(`Group name ${fault}. Try again.`);
    } else if (
      await isGranted(
        patiently(() => this.#client.createGroup(group)),
        'GROUP_EXISTS',
      )
    ) {
      this.#say(`Group ${group} created by Server.`);
    } else {
      this.#say(`Group ${group} already exists.`);
    }
  }

  async #listGroups(): Promise<undefined> {
    const groups = await patiently(() => this.#client.listGroups());
    this.#say(groups.length === 0 ? 'No available group right now' : 'Available group chats:');
    for (const group of groups) this.#say(group);
  }

  async #join(group: string): Promise<undefined> {
    if (
      await isGranted(
        patiently(() => this.#client.joinGroup(group)),
        'GROUP_UNKNOWN',
      )
    ) {
      this.#say(`Entered group ${group} successfully`);
      this.#enterGroup(this.#client.groups.at(-1) ?? group);
    } else {
      this.#say(`Group ${group} does not exist`);
    }
  }

  async #sendGroup(said: string): Promise<undefined> {
    await this.#client.sendGroup(this.#group ?? '', said);
    this.#say('Message received by Server.');
  }

  async #listMembers(): Promise<undefined> {
    const members = await patiently(() => this.#client.listMembers(this.#group ?? ''));
    this.#say(`Members in the group ${this.#group}:`);
    for (const member of members) this.#say(member);
  }

  async #leaveGroup(): Promise<undefined> {
    const group = this.#group ?? '';
    await patiently(() => this.#client.leaveGroup(group));
    this.#print(`Leave group chat ${group}`);
    this.#exitGroup();
  }

  /** @returns the exit code if there is no going on */
  async #fail(error: unknown): Promise<number | undefined> {
    if (this.#ending !== undefined) return this.#ending;
    const code = codeOf(error);
    if (code === 'REMOVED_FROM_GROUP' || code === 'NOT_MEMBER') {
      this.#print(removedWords);
      this.#exitGroup();
      return undefined;
    }
    const words = refusalWords(error);
    if (words === goneWords) {
      this.#ending = this.#giveUp(error);
      return this.#ending;
    }
    this.#sayAll(words);
    return undefined;
  }

  #enterGroup(group: string): void {
    this.#group = group;
    this.#console.refresh();
    const early = this.#early;
    this.#early = [];
    for (const message of early) this.#receiveGroup(message);
  }

  /** The person is in no group any more, and reads what was held back for its sake. */
  #exitGroup(): void {
    this.#group = undefined;
    this.#console.refresh();
    const held = this.#held;
    this.#held = [];
    for (const message of held) this.#showPrivate(message);
  }

  #receivePrivate(message: PrivateMessage): void {
    if (this.#group === undefined && this.#ending === undefined) {
      this.#showPrivate(message);
      return;
    }
    this.#held.push(message);
    const oldest = this.#held.length > heldMax ? this.#held.shift() : undefined;
    if (oldest !== undefined) this.#showPrivate(oldest);
  }

  #showPrivate({ from, text: said }: PrivateMessage): void {
    this.#print(`${from}: ${said}`);
  }

  #receiveGroup(message: GroupMessage): void {
    // What comes together with the answer to a `join_group` is told before it; nothing else comes outside a group.
    if (this.#group === undefined) this.#early.push(message);
    else this.#say(`Group_Message ${message.from}: ${message.text}`);
  }

  #showTable(): void {
    if (this.#ending !== undefined) return;
    this.#say('Client table updated.');
    this.#console.print(clientTable(this.#client.directory.values()));
  }

  #sayAll(lines: readonly string[]): void {
    for (const words of lines) this.#say(words);
  }

  /** Prints a line with the group in front of it. */
  #say(words: string): void {
    this.#console.print(`${this.prompt}${words}`);
  }

  /** Prints a line as outside a group. */
  #print(words: string): void {
    this.#console.print(`>>> ${words}`);
  }
}

const removedWords =
  "You're already not in the group, because the Server didn't receive your previous ack to a group message.";

/** Makes a request again while the server finds it too early. @throws whatever it fails with in the end */
async function patiently<Answer>(request: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return await request();
    } catch (error) {
      if (codeOf(error) !== 'RATE_LIMITED' || tries === triesMax) throw error;
    }
    await setTimeout(tryGapMs);
  }
}

/** Whether a request is granted; false where it is refused with the code. @throws whatever else it fails with */
async function isGranted(request: Promise<void>, refusal: BanterError['code']): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (codeOf(error) === refusal) return false;
    throw error;
  }
}

function codeOf(error: unknown): BanterError['code'] | undefined {
  return error instanceof BanterError ? error.code : undefined;
}
