import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ResumePoint } from '../../../core/chat/wire.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { identity, outcome, processId, type TestClient, World } from './world.ts';

/** What a naive server would know: everything in plain lists, nothing encoded, nothing shared. */
class Model {
  readonly owners = new Map<string, number>();
  readonly groups = new Map<
    string,
    { members: string[]; messages: { from: string; text: string }[] }
  >();
  /** What each member is still to read, by "name group". */
  readonly unread = new Map<string, string[]>();

  create(group: string): string {
    if (this.groups.has(group)) return 'GROUP_EXISTS';
    this.groups.set(group, { members: [], messages: [] });
    return 'done';
  }

  join(name: string, group: string, groupsPerClient: number): string {
    const found = this.groups.get(group);
    if (found === undefined) return 'GROUP_UNKNOWN';
    if (found.members.includes(name)) return 'ALREADY_MEMBER';
    if (this.groupsOf(name).length >= groupsPerClient) return 'GROUP_LIMIT';
    found.members.push(name);
    this.unread.set(`${name} ${group}`, []);
    return 'joined';
  }

  leave(name: string, group: string): string {
    const found = this.groups.get(group);
    if (!found?.members.includes(name)) return 'NOT_MEMBER';
    found.members = found.members.filter((member) => member !== name);
    this.unread.delete(`${name} ${group}`);
    return 'done';
  }

  send(name: string, group: string, text: string): string {
    const found = this.groups.get(group);
    if (!found?.members.includes(name)) return 'NOT_MEMBER';
    found.messages.push({ from: name, text });
    for (const member of found.members) {
      if (member !== name) this.unread.get(`${member} ${group}`)?.push(text);
    }
    return 'committed';
  }

  groupsOf(name: string): readonly string[] {
    return [...this.groups]
      .filter(([, { members }]) => members.includes(name))
      .map(([group]) => group);
  }
}

const people = ['ann', 'bob', 'carl', 'dora'] as const;
const groups = ['g', 'h', 'i'] as const;

const person = fc.constantFrom(...people);
const group = fc.constantFrom(...groups);
const step = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant('send' as const), person, group }), weight: 8 },
  { arbitrary: fc.record({ type: fc.constant('join' as const), person, group }), weight: 4 },
  { arbitrary: fc.record({ type: fc.constant('create' as const), person, group }), weight: 2 },
  fc.record({ type: fc.constant('leave' as const), person, group }),
  fc.record({ type: fc.constant('resend' as const), person }),
  fc.record({ type: fc.constant('stall' as const), person }),
  fc.record({ type: fc.constant('resume' as const), person }),
  fc.record({ type: fc.constant('deregister' as const), person }),
  fc.record({ type: fc.constant('read' as const), person }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** One person through all of their connections; reads what comes once, by its number in the log. */
class Member {
  readonly name: string;
  readonly number: number;
  readonly world: World;
  client: TestClient;
  /** What it has read, by group, since it joined. */
  readonly texts = new Map<string, string[]>();
  readonly #seqs = new Map<string, number>();
  #heard = 0;
  #counter = 0;
  lastSent: { group: string; text: string; counter: number } | undefined;

  constructor(world: World, name: string, number: number) {
    this.world = world;
    this.name = name;
    this.number = number;
    this.client = world.connect(number);
    this.#register([]);
  }

  /** Comes back on a new connection, as the same process, where it stands in the groups it is in. */
  comeBack(joined: readonly string[]): void {
    const resume = joined.map((group) => {
      const { logId } = this.client.resumePoint(group);
      return { group, logId, seq: this.#seqs.get(group) ?? 0 };
    });
    this.client = this.world.connect(this.number);
    this.#heard = 0;
    this.#register(resume);
  }

  send(group: string, text: string): string {
    this.lastSent = { group, text, counter: ++this.#counter };
    return outcome(this.client.send(group, text, this.#counter));
  }

  #register(resume: readonly ResumePoint[]): void {
    const answer = this.client.register(this.name, {
      processId: processId(this.number),
      nextCounter: this.#counter + 1,
      resume,
    });
    assert.equal(outcome(answer), 'welcome');
  }

  /** Reads all that has come and keeps what is new. */
  read(): void {
    this.client.hasRoom = true;
    this.client.read();
    for (const { conversation, message } of this.client.heard.slice(this.#heard)) {
      if (message.type === 'joined') {
        this.texts.set(message.group, []);
        this.#seqs.set(message.group, message.seq);
      }
      if (message.type !== 'groupMessage') continue;
      const group = groups.find((name) => this.client.conversationOf(name) === conversation) ?? '';
      assert.ok(message.seq > (this.#seqs.get(group) ?? 0), 'a message came twice');
      this.#seqs.set(group, message.seq);
      this.texts.get(group)?.push(message.text);
    }
    this.#heard = this.client.heard.length;
  }
}

class Run {
  readonly world: World = new World({ policy: { groupsPerClient: 2 } });
  readonly model = new Model();
  readonly members: ReadonlyMap<string, Member> = new Map(
    people.map((name, at) => [name, new Member(this.world, name, at + 1)]),
  );
  #sent = 0;

  take(step: Step): void {
    const member = this.members.get(step.person);
    assert.ok(member !== undefined);
    const { client, name } = member;
    switch (step.type) {
      case 'create':
        assert.equal(
          outcome(client.ask({ type: 'createGroup', group: step.group })),
          this.model.create(step.group),
        );
        break;
      case 'join':
        assert.equal(
          outcome(client.ask({ type: 'joinGroup', group: step.group })),
          this.model.join(name, step.group, 2),
        );
        member.read();
        break;
      case 'leave':
        member.read();
        this.#check(member);
        assert.equal(
          outcome(client.ask({ type: 'leaveGroup', group: step.group })),
          this.model.leave(name, step.group),
        );
        break;
      case 'send': {
        const text = `${this.#sent++}`;
        assert.equal(member.send(step.group, text), this.model.send(name, step.group, text));
        break;
      }
      case 'resend':
        this.#resend(member);
        break;
      case 'stall':
        client.hasRoom = false;
        break;
      case 'read':
        member.read();
        this.#check(member);
        break;
      case 'resume':
        client.down();
        member.comeBack(this.model.groupsOf(name));
        break;
      case 'deregister':
        member.read();
        this.#check(member);
        client.ask({ type: 'deregister' });
        for (const group of this.model.groupsOf(name)) this.model.leave(name, group);
        member.comeBack([]);
        break;
    }
  }

  /** In the end everybody has read everything, and the hub's books agree with the model's. */
  finish(): void {
    for (const member of this.members.values()) {
      member.read();
      this.#check(member);
    }
    const { groups, names } = this.world.hub.snapshot();
    assert.deepEqual(
      groups.map(({ name, members, headSeq }) => [name, members.map(({ name }) => name), headSeq]),
      [...this.model.groups].map(([name, { members, messages }]) => [
        name,
        members,
        messages.length,
      ]),
    );
    assert.deepEqual(
      names.map(({ name, online }) => [name, online]),
      people.map((name) => [name, true]),
    );
  }

  #check({ name, texts }: Member): void {
    for (const group of this.model.groupsOf(name)) {
      assert.deepEqual(texts.get(group), this.model.unread.get(`${name} ${group}`));
    }
  }

  /** Sent again, a message that was committed stays one; one that was refused is taken as new. */
  #resend({ client, name, lastSent }: Member): void {
    if (lastSent === undefined) return;
    const { group, text, counter } = lastSent;
    const known = this.model.groups.get(group)?.messages.some((message) => message.text === text);
    const wanted = known ? 'committed' : this.model.send(name, group, text);
    assert.equal(outcome(client.send(group, text, counter)), wanted);
  }
}

describe('a hub beside a naive model', () => {
  it('answers the same, and every member reads every message of its time in the group once, in order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const run = new Run();
        for (const step of steps) run.take(step);
        run.finish();
      }),
      { numRuns: 300 },
    );
  });

  it('has one identity behind every name', () => {
    const world = new World();
    const claim = fc.tuple(
      fc.constantFrom('ann', 'ANN', 'bob', 'ß', 'SS'),
      fc.integer({ min: 1, max: 3 }),
    );
    const owners = new Map<string, number>();
    fc.assert(
      fc.property(claim, ([name, person]) => {
        const client = world.connect(person);
        const answer = outcome(client.register(name, { takeOver: true }));
        const key = name.toUpperCase().replace('ß', 'SS');
        const owner = owners.get(key) ?? person;
        owners.set(key, owner);
        assert.equal(answer, owner === person ? 'welcome' : 'NAME_TAKEN');
      }),
    );
    const keys = world.changesOf('nameBound').map(({ identity }) => identity);
    assert.deepEqual(
      keys,
      [...owners.values()].map((owner) => toHex(identity(owner))),
    );
  });
});
