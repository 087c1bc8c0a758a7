/** A hub with clients on perfect links: carries out effects and keeps what every client was told. */

import type { AuditEntry } from '../../../core/chat/audit.ts';
import type { CloseReason } from '../../../core/chat/effects.ts';
import type { ServerFact } from '../../../core/chat/facts.ts';
import { Hub, type HubOptions } from '../../../core/chat/hub.ts';
import { composeMid } from '../../../core/chat/mids.ts';
import { foldName } from '../../../core/chat/names.ts';
import type { Found, StoreQuery } from '../../../core/chat/queries.ts';
import type { StoreChange } from '../../../core/chat/records.ts';
import {
  type ClientMessage,
  clientCodec,
  type ResumePoint,
  type ServerMessage,
  serverCodec,
} from '../../../core/chat/wire.ts';
import { errorCodeFromWire } from '../../../core/errors.ts';
import type { Address } from '../../../core/protocol/address.ts';

export type Told<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

type WithoutId<Message> = Message extends { requestId: number }
  ? Omit<Message, 'requestId'>
  : never;

/** A request before it has its number. */
export type Asked = WithoutId<ClientMessage>;

/** What a registration may say beside its name. */
export type ClaimOptions = Partial<Omit<Extract<ClientMessage, { type: 'register' }>, 'name'>>;

export const noEpoch: Uint8Array = new Uint8Array(8);

/** 32 bytes that stand for one person's key. */
export function identity(person: number): Uint8Array {
  return new Uint8Array(32).fill(person);
}

/** 8 bytes that stand for one process. */
export function processId(process: number): Uint8Array {
  return new Uint8Array(8).fill(process);
}

/** Most tests ask faster than a person, and from one address; those of the rates say so. */
const generous = { requestBurst: 100_000, namesPerAddress: 100_000, groupsPerIdentity: 100_000 };

export class World {
  readonly hub: Hub;
  readonly facts: ServerFact[] = [];
  /** What was to be stored. */
  readonly changes: StoreChange[] = [];
  /** Whether it is at once; else it waits for {@link store}. */
  storesAtOnce = true;
  /** What was asked of the store, and not answered yet. */
  readonly queries: { readonly number: number; readonly query: StoreQuery }[] = [];
  /** Whether the store answers at once; else it waits for {@link answer}. */
  answersAtOnce = true;
  /** What hubs before it had stored. */
  earlier: readonly StoreChange[] = [];
  /** Messages up to this one are not in the store any more, of whatever group. */
  retainedAfter = 0;
  readonly probes: number[] = [];
  readonly effects: string[] = [];
  now = 1000;
  readonly #clients = new Map<number, TestClient>();
  #storedCount = 0;
  #nextLink = 1;
  #seed = 1;

  constructor(options: Partial<HubOptions> = {}) {
    this.hub = new Hub({
      random: (count) => new Uint8Array(count).fill(this.#seed++),
      wallClock: (now) => 1_700_000_000_000 + now,
      hash: (bytes) => Uint8Array.from(bytes, (byte, at) => byte ^ (0x5a + at)),
      ...options,
      limits: { ...generous, ...options.limits },
    });
  }

  /** A connection of a person; each has an address of its own unless told otherwise. */
  connect(person: number, port: number = 5000 + this.#nextLink): TestClient {
    return this.connectFrom({ host: '192.0.2.1', port }, person);
  }

  /** A connection of a person from somewhere. */
  connectFrom(address: Address, person: number): TestClient {
    const number = this.#nextLink++;
    const client = new TestClient(this, number);
    this.#clients.set(number, client);
    this.hub.linkUp(number, identity(person), address);
    this.carryOut();
    return client;
  }

  /** A connection that has registered. */
  join(name: string, person: number, options: ClaimOptions = {}): TestClient {
    const client = this.connect(person);
    client.register(name, options);
    return client;
  }

  /** Lets time pass, and the hub do what is due meanwhile. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = this.hub.pollTimeout();
      if (due === undefined || due > end) break;
      this.now = Math.max(this.now, due);
      this.hub.handleTimeout(this.now);
      this.carryOut();
    }
    this.now = end;
  }

  carryOut(): void {
    for (;;) {
      const effect = this.hub.pollEffect();
      if (effect === undefined) return;
      this.effects.push(effect.type);
      switch (effect.type) {
        case 'send':
          this.#clients.get(effect.link)?.hear(effect.conversation, effect.payload);
          break;
        case 'readable':
          this.#clients.get(effect.link)?.readAll();
          break;
        case 'store':
          this.changes.push(effect.change);
          if (this.storesAtOnce) this.#stored(effect.number);
          break;
        case 'query':
          this.queries.push(effect);
          if (this.answersAtOnce) this.answer();
          break;
        case 'prune':
          break;
        case 'probe':
          this.probes.push(effect.link);
          break;
        case 'close': {
          const client = this.#clients.get(effect.link);
          if (client === undefined) break;
          client.closed = effect.reason;
          client.closedWith = effect.words;
          break;
        }
        case 'fact':
          this.facts.push(effect.fact);
          break;
      }
    }
  }

  /** The first changes, or all of them, are stored. */
  store(count: number = this.changes.length): void {
    this.#stored(count);
    this.carryOut();
  }

  /** The oldest query is answered, with what was to be stored unless told otherwise. */
  answer(found: (query: StoreQuery) => Found = (query) => this.find(query)): void {
    const asked = this.queries.shift();
    if (asked === undefined) return;
    this.hub.answered(asked.number, found(asked.query), this.now);
    this.carryOut();
  }

  /** What a store finds that has everything which is stored. */
  find(query: StoreQuery): Found {
    if (query.type === 'audit') return this.#audit.toReversed().slice(0, query.limit);
    const kept = [...this.earlier, ...this.changes.slice(0, this.#storedCount)]
      .flatMap((change) => (change.type === 'messageAppended' ? [change] : []))
      .filter(({ group }) => group === query.group)
      .map(({ message }) => message)
      .filter(({ seq }) => seq > this.retainedAfter);
    if (query.type === 'read') {
      return kept.filter(({ seq }) => seq > query.afterSeq).slice(0, query.limit);
    }
    const words = query.type === 'search' ? query.words.split(' ') : [];
    return kept
      .filter(({ seq }) => seq < (query.beforeSeq ?? Number.POSITIVE_INFINITY))
      .filter(({ text }) => words.every((word) => text.includes(word)))
      .toReversed()
      .slice(0, query.limit);
  }

  get #audit(): readonly AuditEntry[] {
    return this.changes
      .slice(0, this.#storedCount)
      .flatMap((change) => (change.type === 'audited' ? [change.entry] : []));
  }

  /** The changes of one kind. */
  changesOf<Type extends StoreChange['type']>(type: Type): Extract<StoreChange, { type: Type }>[] {
    return this.changes.filter(
      (change): change is Extract<StoreChange, { type: Type }> => change.type === type,
    );
  }

  /** The facts of one kind. */
  factsOf<Type extends ServerFact['type']>(type: Type): Extract<ServerFact, { type: Type }>[] {
    return this.facts.filter(
      (fact): fact is Extract<ServerFact, { type: Type }> => fact.type === type,
    );
  }

  #stored(count: number): void {
    this.#storedCount = Math.max(this.#storedCount, count);
    this.hub.stored(count, this.now);
  }

  get names(): Readonly<Record<string, boolean>> {
    return Object.fromEntries(this.hub.snapshot().names.map(({ name, online }) => [name, online]));
  }
}

export class TestClient {
  readonly number: number;
  /** All that came, with its conversation. */
  readonly heard: { readonly conversation: number; readonly message: ServerMessage }[] = [];
  closed: CloseReason | undefined;
  /** What the people at it were told when it was. */
  closedWith = '';
  /** False: the connection takes nothing, like a slow one. */
  hasRoom = true;
  process: Uint8Array = noEpoch;
  readonly #world: World;
  readonly #conversations = new Map<number, string>();
  #nextRequest = 1;

  constructor(world: World, number: number) {
    this.#world = world;
    this.number = number;
  }

  register(name: string, options: ClaimOptions = {}): ServerMessage | undefined {
    this.process = options.processId ?? processId(this.number);
    return this.ask({
      type: 'register',
      name,
      bot: false,
      auxiliary: false,
      takeOver: false,
      hidesAddress: false,
      nextCounter: 1,
      epoch: noEpoch,
      directoryVersion: 0,
      resume: [],
      ...options,
      processId: this.process,
    });
  }

  /** Asks and returns the answer, if there is one yet. */
  ask(asked: Asked): ServerMessage | undefined {
    const requestId = this.#nextRequest++;
    this.tell({ ...asked, requestId });
    return this.answer(requestId);
  }

  tell(message: ClientMessage): boolean {
    return this.raw(clientCodec.encode(message));
  }

  raw(payload: Uint8Array, conversation = 0): boolean {
    const known = this.#world.hub.receive(this.number, conversation, payload, this.#world.now);
    this.#world.carryOut();
    return known;
  }

  /** The answer to a request, or to the newest one. */
  answer(requestId: number = this.#nextRequest - 1): ServerMessage | undefined {
    return this.heard
      .map(({ message }) => message)
      .find((message) => 'requestId' in message && message.requestId === requestId);
  }

  send(group: string, text: string, counter: number, hops = 0): ServerMessage | undefined {
    const mid = composeMid(this.process, counter);
    return this.ask({ type: 'sendGroup', group, mid, hops, text });
  }

  confirm(group: string, seq: number): void {
    const conversation = this.conversationOf(group);
    this.tell({ type: 'confirm', conversation, seq });
  }

  conversationOf(group: string): number {
    const key = foldName(group);
    const found = [...this.#conversations].findLast(([, name]) => foldName(name) === key);
    return found?.[0] ?? 0;
  }

  down(): void {
    this.#world.hub.linkDown(this.number, this.#world.now);
    this.#world.carryOut();
  }

  unresponsive(): void {
    this.#world.hub.unresponsive(this.number, this.#world.now);
    this.#world.carryOut();
  }

  probed(isAlive: boolean): void {
    this.#world.hub.probed(this.number, isAlive, this.#world.now);
    this.#world.carryOut();
  }

  hear(conversation: number, payload: Uint8Array): void {
    const message = serverCodec.decode(payload);
    if (message === undefined) throw new Error('the hub said what no client understands');
    this.heard.push({ conversation, message });
    if (message.type === 'joined') this.#conversations.set(message.conversation, message.group);
    if (message.type !== 'welcome') return;
    for (const { group, conversation } of message.groups)
      this.#conversations.set(conversation, group);
  }

  /** Reads what there is, and what the store has to say to that. */
  read(): void {
    this.readAll();
    this.#world.carryOut();
  }

  /** Reads at most so much of what there is. */
  readAll(count: number = Number.POSITIVE_INFINITY): void {
    for (let read = 0; this.hasRoom && read < count; read++) {
      const next = this.#world.hub.readNext(this.number);
      if (next === undefined) return;
      this.hear(next.conversation, next.payload);
    }
  }

  /** What came of one kind, in order. */
  told<Type extends ServerMessage['type']>(type: Type): Told<Type>[] {
    return this.heard
      .map(({ message }) => message)
      .filter((message): message is Told<Type> => message.type === type);
  }

  /** The texts and gaps that came in a group, in order. */
  textsIn(group: string): readonly string[] {
    return this.heard.flatMap(({ conversation, message }) => {
      if (this.#conversations.get(conversation) !== group) return [];
      if (message.type === 'groupMessage') return [message.text];
      return message.type === 'gap' ? [`gap ${message.count}`] : [];
    });
  }

  /** Where it stands in a group by what it has heard. */
  resumePoint(group: string): ResumePoint {
    const { logId, seq } = this.#standing(group);
    return { group, logId, seq };
  }

  #standing(group: string): { readonly logId: Uint8Array; readonly seq: number } {
    let standing = { logId: noEpoch, seq: 0 };
    for (const { conversation, message } of this.heard) {
      if (message.type === 'joined' && message.group === group) standing = message;
      if (message.type === 'welcome') {
        standing = message.groups.find((entry) => entry.group === group) ?? standing;
      }
      if (message.type === 'groupMessage' && this.#conversations.get(conversation) === group) {
        standing = { ...standing, seq: message.seq };
      }
    }
    return standing;
  }
}

/** The code of a refusal, or the type of any other answer. */
export function outcome(message: ServerMessage | undefined): string {
  if (message === undefined) return 'silence';
  return message.type === 'refused' ? errorCodeFromWire(message.code) : message.type;
}

/** A world of the classic kind, with bob in no group, and groups "g" and "h". */
export function populated(): World {
  const world = new World({ policy: { removeUnresponsive: true } });
  const bob = world.join('bob', 2);
  bob.ask({ type: 'createGroup', group: 'g' });
  bob.ask({ type: 'createGroup', group: 'h' });
  return world;
}

/** A world in which ann, bob and carl are members of "g". */
export function gathered(options: Partial<HubOptions> = {}): {
  world: World;
  ann: TestClient;
  bob: TestClient;
  carl: TestClient;
} {
  const world = new World(options);
  const [ann, bob, carl] = [world.join('ann', 1), world.join('bob', 2), world.join('carl', 3)];
  ann.ask({ type: 'createGroup', group: 'g' });
  for (const client of [ann, bob, carl]) client.ask({ type: 'joinGroup', group: 'g' });
  return { world, ann, bob, carl };
}
