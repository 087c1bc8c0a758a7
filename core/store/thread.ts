/** Work that blocks, in a thread of its own: tasks by name, asked of it and answered in order. */

import { extname } from 'node:path';
import { parentPort, Worker } from 'node:worker_threads';
import { BanterError, type ErrorCode } from '../errors.ts';

/** What a thread does, by name. Inputs and results are data that can be cloned. */
export type Tasks = { readonly [name: string]: (input: never) => unknown };

type Input<Task> = Task extends (input: infer Value) => unknown ? Value : never;
type Output<Task> = Task extends (input: never) => infer Value ? Awaited<Value> : never;

interface Order {
  readonly number: number;
  readonly name: string;
  readonly input: unknown;
}

type Outcome =
  | { readonly type: 'done'; readonly number: number; readonly result: unknown }
  | {
      readonly type: 'failed';
      readonly number: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly data: Readonly<Record<string, unknown>>;
    };

/** The asking half; bounded by who asks. While nothing is asked the thread keeps no process alive. */
export class Thread<Work extends Tasks> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #nextNumber = 1;
  #ended: Error | undefined;

  /** @param module beside this file, without its extension; it calls {@link perform} */
  constructor(module: string) {
    // Sources run as they are, and compiled ones beside each other.
    const file = new URL(`${module}${extname(import.meta.filename)}`, import.meta.url);
    this.#worker = new Worker(file, { name: module });
    this.#worker.unref();
    this.#worker.on('message', (outcome: Outcome) => this.#settle(outcome));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error(`the thread ${module} has ended`)));
  }

  /** Has a task done, after those asked for before. @throws BanterError as the task, or DATA_UNUSABLE if the thread is gone */
  ask<Name extends keyof Work & string>(
    name: Name,
    input: Input<Work[Name]>,
  ): Promise<Output<Work[Name]>> {
    const waiting = Promise.withResolvers<unknown>();
    if (this.#ended === undefined) {
      const order: Order = { number: this.#nextNumber++, name, input };
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(order.number, waiting);
      this.#worker.postMessage(order);
    } else {
      waiting.reject(this.#ended);
    }
    // What a task returns is cloned, and its name says which type that has.
    return waiting.promise as Promise<Output<Work[Name]>>;
  }

  /** Ends the thread; what is under way fails. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(outcome: Outcome): void {
    const waiting = this.#waiting.get(outcome.number);
    this.#waiting.delete(outcome.number);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (outcome.type === 'done') {
      waiting?.resolve(outcome.result);
      return;
    }
    const { code, message, data } = outcome;
    waiting?.reject(new BanterError(code, message, { data }));
  }

  #end(cause: Error): void {
    this.#ended ??= new BanterError('DATA_UNUSABLE', cause.message, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

/** The doing half, to be called by the module of a thread: a task is begun when the one before is done. */
export function perform(tasks: Tasks): void {
  let previous: Promise<void> = Promise.resolve();
  parentPort?.on('message', (order: Order) => {
    previous = previous.then(async () => parentPort?.postMessage(await outcomeOf(tasks, order)));
  });
}

async function outcomeOf(tasks: Tasks, { number, name, input }: Order): Promise<Outcome> {
  try {
    // Thread.ask has made sure that the task exists and the input is its own.
    const task = tasks[name] as (input: unknown) => unknown;
    return { type: 'done', number, result: await task(input) };
  } catch (error) {
    if (!(error instanceof BanterError)) throw error;
    const { code, message, data } = error;
    return { type: 'failed', number, code, message, data };
  }
}
