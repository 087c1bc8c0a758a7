/** The processes of a benchmark: one server, and clients that take orders. */

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnswerMessage, OrderKind, OrderMessage, Orders } from './orders.ts';
import type { Launch, Place } from './peers/peer.ts';
import { type Usage, usageOf } from './usage.ts';

/** A process that does not end by itself is killed after this. Milliseconds. */
const endPatienceMs = 3000;

/** No order takes longer. Milliseconds. */
const orderPatienceMs = 180_000;

/** A server in a process of its own, with a folder of its own. */
export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;
  /** Its own; it is removed at the end. */
  readonly folder: string;
  readonly #exited: Promise<unknown>;
  readonly #kill: () => void;

  private constructor(child: ChildProcess, port: number, folder: string) {
    this.#child = child;
    this.port = port;
    this.folder = folder;
    this.#exited = once(child, 'exit');
    this.#kill = () => void child.kill('SIGKILL');
    process.once('exit', this.#kill);
  }

  /** Starts it; whether it serves, a client has to find out. @throws Error when the program is not there */
  static async start(
    launch: (place: Place) => Launch,
    profileFolder?: string,
  ): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'banter-bench-'));
    const port = await freeTcpPort();
    const { command, arguments: list } = launch({ port, folder, profileFolder });
    const child = spawn(command, list, { stdio: ['ignore', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    return new ServerProcess(child, port, folder);
  }

  get usage(): Usage {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) {
      throw new Error(`the server has died (${exitCode ?? signalCode})`);
    }
    return usageOf(pid);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it and removes its folder. */
  async close(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(this.#kill, endPatienceMs);
    await this.#exited;
    clearTimeout(timer);
    process.off('exit', this.#kill);
    rmSync(this.folder, { recursive: true });
  }
}

/** A client process; it ends when this process does. */
export class ClientProcess {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  constructor() {
    this.#child = fork(new URL('client-process.ts', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: AnswerMessage) => this.#receive(message));
    this.#child.on('exit', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('a client process died'));
    });
  }

  /** @throws Error when the order fails or takes too long */
  async tell<Kind extends OrderKind>(
    kind: Kind,
    says: Orders[Kind]['says'],
  ): Promise<Orders[Kind]['answer']> {
    const id = ++this.#lastId;
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(id, pending);
    const message: OrderMessage = { id, kind, says };
    this.#child.send(message);
    const timer = setTimeout(
      () => pending.reject(new Error(`${kind} took longer than ${orderPatienceMs} ms`)),
      orderPatienceMs,
    );
    try {
      // The table of orders pairs the kind with its answer on both sides.
      return (await pending.promise) as Orders[Kind]['answer'];
    } finally {
      clearTimeout(timer);
      this.#pending.delete(id);
    }
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #receive(message: AnswerMessage): void {
    const pending = this.#pending.get(message.id);
    if ('failure' in message) pending?.reject(new Error(message.failure));
    else pending?.resolve(message.answer);
  }
}

/** A port that was free a moment ago. */
async function freeTcpPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
