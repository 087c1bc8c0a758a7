/** A process with many clients of one peer; does what it is told over IPC and ends with whoever started it. */

import { setTimeout as pause } from 'node:timers/promises';
import { composeText, Ledger, nowUs } from './ledger.ts';
import type {
  AnswerMessage,
  ConnectOrder,
  OrderKind,
  OrderMessage,
  Orders,
  SendOrder,
} from './orders.ts';
import { type PeerClient, peerNamed } from './peers/index.ts';

/** Members that connect at a time. */
const connectingMax = 16;

/** Timers tick in milliseconds; what is due by then is sent together. */
const tickMs = 1;

interface Member {
  readonly group: string;
  readonly client: PeerClient;
}

class Members {
  readonly #members = new Map<number, Member>();
  readonly #ledgers: Ledger[] = [];
  #lastAtUs = 0;
  #lost: string | undefined;
  /** Undefined until somebody asks. */
  #latencies: number[] | undefined;
  #sent = 0;
  #sender: number | undefined;

  async connect(order: ConnectOrder): Promise<undefined> {
    let next = order.first;
    const lane = async (): Promise<void> => {
      while (next < order.first + order.count) await this.#connectOne(next++, order);
    };
    await Promise.all(Array.from({ length: connectingMax }, lane));
    return undefined;
  }

  async send({ member: at, durationMs, textBytes, pace }: SendOrder): Promise<number> {
    const member = this.#members.get(at);
    if (member === undefined) throw new RangeError(`there is no member ${at}`);
    this.#sender = at;
    const sendOne = (): Promise<void> =>
      member.client.send(member.group, composeText(this.#sent++, nowUs(), textBytes));
    const endUs = nowUs() + durationMs * 1000;
    if ('window' in pace) await sendWindow(sendOne, pace.window, endUs);
    else await sendSteadily(sendOne, pace.perSecond, endUs);
    return this.#sent;
  }

  tally(): Orders['tally']['answer'] {
    let delivered = 0;
    let fault = this.#lost;
    for (const ledger of this.#ledgers) {
      delivered += ledger.delivered;
      fault ??= ledger.fault;
    }
    return { delivered, lastAtUs: this.#lastAtUs, fault };
  }

  latencies(): readonly number[] {
    const latencies = this.#latencies ?? [];
    this.#latencies = [];
    return latencies;
  }

  async #connectOne(
    at: number,
    { peer: name, port, groupSize, isIdle }: ConnectOrder,
  ): Promise<void> {
    const ledger = new Ledger();
    const peer = peerNamed(name);
    const connect = (isIdle ? peer.connectIdle : undefined) ?? peer.connect;
    const client = await connect({
      port,
      name: `m${at}`,
      onMessage: (text) => {
        // Some servers send a sender its own messages.
        if (at === this.#sender) return;
        const sentAtUs = ledger.receive(text);
        this.#lastAtUs = nowUs();
        this.#latencies?.push(this.#lastAtUs - sentAtUs);
      },
      onLost: (reason) => {
        this.#lost ??= `member ${at}: ${reason}`;
      },
    });
    const group = `g${Math.floor(at / groupSize)}`;
    await client.join(group);
    this.#members.set(at, { group, client });
    this.#ledgers.push(ledger);
  }
}

async function sendWindow(send: () => Promise<void>, window: number, endUs: number): Promise<void> {
  const lane = async (): Promise<void> => {
    while (nowUs() < endUs) await send();
  };
  await Promise.all(Array.from({ length: window }, lane));
}

async function sendSteadily(
  send: () => Promise<void>,
  perSecond: number,
  endUs: number,
): Promise<void> {
  const stepUs = 1e6 / perSecond;
  const underWay: Promise<void>[] = [];
  for (let dueUs = nowUs(); dueUs < endUs; ) {
    for (; dueUs <= nowUs(); dueUs += stepUs) underWay.push(send());
    await pause(tickMs);
  }
  await Promise.all(underWay);
}

type Handlers = {
  readonly [Kind in OrderKind]: (
    says: Orders[Kind]['says'],
  ) => Orders[Kind]['answer'] | Promise<Orders[Kind]['answer']>;
};

const members = new Members();

const handlers: Handlers = {
  connect: (order) => members.connect(order),
  send: (order) => members.send(order),
  tally: () => members.tally(),
  latencies: () => members.latencies(),
};

async function answer({ id, kind, says }: OrderMessage): Promise<AnswerMessage> {
  // The kind names both the handler and what the order says; the compiler cannot follow the pair through the look-up.
  const handle = handlers[kind] as (says: unknown) => unknown;
  try {
    return { id, answer: await handle(says) };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (order: OrderMessage) => {
  void answer(order).then((message) => process.send?.(message));
});
process.on('disconnect', () => process.exit());
