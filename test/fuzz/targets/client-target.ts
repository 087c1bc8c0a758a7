/** What a client makes of a server that says anything: its directory, its memberships, what it delivers and to whom it listens. */

import { EventEmitter } from 'node:events';
import { Mirror } from '../../../core/chat/mirror.ts';
import { peerCodec, type ServerMessage, serverCodec } from '../../../core/chat/wire.ts';
import { Cursors } from '../../../core/client/cursors.ts';
import { Deliveries } from '../../../core/client/deliveries.ts';
import type { ClientEvents } from '../../../core/client/events.ts';
import { Memberships } from '../../../core/client/memberships.ts';
import { Passage } from '../../../core/client/passage.ts';
import { Seen } from '../../../core/client/seen.ts';
import { systemEnvironment } from '../../../core/net/system.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { inventMessage } from '../../core/protocol/inventing-reader.ts';
import { type MessageEntry, messageInput, readCorpus } from '../corpus.ts';
import { claim, type FuzzTarget } from '../target.ts';

/** Inputs between two looks at everything. */
const lookEvery = 8;

/** Bits 0 to 2 of the first byte are the conversation; bits 5 to 7 something else than a message of the server. */
class Ordeal {
  readonly #mirror = new Mirror();
  readonly #cursors = new Cursors();
  readonly #memberships = new Memberships(this.#cursors);
  readonly #seen = new Seen();
  readonly #timers = new Set<() => void>();
  readonly #deliveries: Deliveries;
  /** By log and group the last message delivered since the membership began. */
  readonly #lastSeqs = new Map<string, number>();
  /** Mids of private messages that were told; fewer in a life than are remembered. */
  readonly #told = new Set<string>();
  #namesTold = 0;
  #inputs = 0;

  constructor() {
    const emitter = new EventEmitter<ClientEvents>();
    emitter.on('groupMessageReceived', ({ group, seq }) => {
      claim(seq > (this.#lastSeqs.get(group) ?? -1), 'messages of a group come in order');
      this.#lastSeqs.set(group, seq);
    });
    this.#deliveries = new Deliveries({
      passage: new Passage(emitter, { hold: () => () => undefined, now: () => 0 }),
      environment: { ...systemEnvironment, setTimer: (callback) => this.#setTimer(callback) },
      mirror: this.#mirror,
      memberships: this.#memberships,
      cursors: this.#cursors,
      onDirectory: () => {},
      onGroupLost: (group) => this.#memberships.delete(group),
      onOverrun: () => this.#memberships.handleLoss(),
      onHandled: (_conversation, seq) => {
        claim(Number.isSafeInteger(seq) && seq >= -1, 'what was handled has a place');
      },
    });
    this.#deliveries.open();
  }

  take(input: Uint8Array): void {
    const control = input[0] ?? 0;
    const rest = input.subarray(1);
    switch (control >>> 5) {
      case 5:
        for (const callback of [...this.#timers]) callback();
        claim(this.#timers.size === 0, 'what is due is done');
        break;
      case 6:
        this.#memberships.handleLoss();
        break;
      case 7:
        this.#receivePrivate(rest);
        break;
      default: {
        const message = serverCodec.decode(rest);
        if (message !== undefined) this.#receive(message, control & 7);
      }
    }
    if (++this.#inputs % lookEvery === 0) this.#check();
  }

  #receive(message: ServerMessage, conversation: number): void {
    if ('requestId' in message) {
      this.#receiveAnswer(message);
      return;
    }
    // A session keeps this to itself.
    if (message.type === 'restarting') return;
    if ('entries' in message) this.#namesTold += message.entries.length;
    this.#deliveries.receive(message, conversation);
  }

  #receiveAnswer(message: Extract<ServerMessage, { readonly requestId: number }>): void {
    switch (message.type) {
      case 'welcome':
        this.#lastSeqs.clear();
        this.#mirror.begin(message);
        this.#deliveries.resume(message.groups);
        break;
      case 'joined':
        this.#lastSeqs.delete(message.group);
        this.#deliveries.receiveJoined(message);
        break;
      case 'entry':
        this.#namesTold++;
        this.#mirror.learn([message.entry]);
        break;
      default:
        break;
    }
  }

  /** As whoever receives private messages does: had before or told, once. */
  #receivePrivate(payload: Uint8Array): void {
    const message = peerCodec.decode(payload);
    if (message?.type !== 'privateMessage' || this.#seen.has('peer', message.mid)) return;
    this.#seen.add('peer', message.mid);
    claim(this.#seen.has('peer', message.mid), 'what was told is had');
    claim(!this.#told.has(toHex(message.mid)), 'a private message is told once');
    this.#told.add(toHex(message.mid));
  }

  #setTimer(callback: () => void): () => void {
    const due = (): void => {
      this.#timers.delete(due);
      callback();
    };
    this.#timers.add(due);
    return () => this.#timers.delete(due);
  }

  #check(): void {
    claim(this.#mirror.entries.size <= this.#namesTold, 'no name is known that was not told');
    for (const [name, entry] of this.#mirror.entries) {
      claim(entry.name === name, 'a name stands under itself');
      claim(this.#mirror.find(name) !== undefined, 'a name that is known is found');
    }
    claim(this.#mirror.hash.length === 8, 'a view has a hash');
    claim(this.#timers.size <= 1, 'there is one timer at most');
    const { groups } = this.#memberships;
    for (const group of groups) {
      claim(this.#memberships.find(group) === group, 'a group stands under its name');
    }
  }
}

// A table's keys are its own.
const types = Object.keys(serverCodec.tables) as (keyof typeof serverCodec.tables)[];
const invented = types.flatMap((type) =>
  [1, 2, 3].map((seed) =>
    Uint8Array.of(seed, ...serverCodec.encode(inventMessage(serverCodec.tables, type, seed))),
  ),
);
const privateMessages = [1, 2, 3, 4].map((counter) => {
  const mid = new Uint8Array(16).fill(1, 0, 8).with(15, counter);
  const invention = inventMessage(peerCodec.tables, 'privateMessage', counter);
  return Uint8Array.of(0xe0, ...peerCodec.encode({ ...invention, mid }));
});

/** Words of a server that means ill. */
export const clientTarget: FuzzTarget = {
  name: 'client',
  share: 4,
  corpus: [
    ...readCorpus<MessageEntry>('news').map((entry) => messageInput(serverCodec, entry)),
    ...invented,
    ...privateMessages,
    Uint8Array.of(0xa0),
    Uint8Array.of(0xc0),
  ],
  inputsPerLife: 300,
  intact: 0.6,
  begin: () => {
    const ordeal = new Ordeal();
    return (input) => ordeal.take(input);
  },
};
