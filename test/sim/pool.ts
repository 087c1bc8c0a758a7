/** Processes that play seeds, as many as are asked at a time. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Played } from './runner.ts';

const workerFile = fileURLToPath(new URL('worker.ts', import.meta.url));

export class WorkerPool implements AsyncDisposable {
  readonly #idle: ChildProcess[] = [];
  readonly #all: ChildProcess[] = [];

  /** Plays a seed in a process of its own. A process that dies of it has broken the promise that nothing is thrown. */
  async play(seed: number): Promise<Played> {
    const worker = this.#idle.pop() ?? this.#start();
    const ended = new AbortController();
    const { signal } = ended;
    const answered = once(worker, 'message', { signal }).then(([played]) => played as Played);
    const died = once(worker, 'exit', { signal }).then(([code, by]): Played => {
      const detail = `the process ended: ${by ?? code}`;
      return { seed, violations: [{ promise: 'nothing thrown', detail }] };
    });
    worker.send(seed);
    const played = await Promise.race([answered, died]);
    // Who loses the race rejects with the abortion, which says nothing.
    for (const each of [answered, died]) each.catch(() => {});
    ended.abort();
    if (worker.exitCode === null) this.#idle.push(worker);
    return played;
  }

  /** Ends the processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    const living = this.#all.filter(({ exitCode, signalCode }) => exitCode === null && !signalCode);
    await Promise.all(
      living.map(async (worker) => {
        const exited = once(worker, 'exit');
        worker.disconnect();
        await exited;
      }),
    );
  }

  #start(): ChildProcess {
    const worker = fork(workerFile, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#all.push(worker);
    return worker;
  }
}
