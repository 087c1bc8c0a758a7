/** The child process: holds the isolates of all plugins, and dies rather than let one of them harm the others. */

import { CpuShares } from './cpu-shares.ts';
import type { EndReason } from './end-reason.ts';
import type { HostCommand, HostReport } from './host-bridge.ts';
import { type IsolateOwner, PluginIsolate, processCpuMs } from './isolate.ts';

/** Milliseconds between looks at the isolates while any is at work, and while none is. */
const watchBusyMs = 50;
const watchIdleMs = 500;

/** Milliseconds for the last words to leave. */
const lastWordsMs = 200;

class Host implements IsolateOwner {
  readonly #isolates = new Map<number, PluginIsolate>();
  readonly #shares = new CpuShares(processCpuMs());
  #atWork = 0;
  #watchTimer: NodeJS.Timeout | undefined;
  /** Whether the next look is a while off. */
  #isIdle = false;

  listen(): void {
    process.on('message', (message) => {
      // The other end of this channel is our own parent, which wrote the message from this very type.
      this.#obey(message as HostCommand);
    });
    // A terminal and a service manager signal the whole group; the parent decides when this process ends.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ignore);
    // Never `process.exit()`: it would wait for an isolate that does not stop.
    process.on('disconnect', die);
    this.#report({ type: 'up' });
    this.#watch();
  }

  turned(slot: number, actions: readonly string[]): void {
    this.#report({ type: 'turned', slot, actions });
  }

  ended(slot: number, reason: EndReason): void {
    this.#report({ type: 'ended', slot, reason });
  }

  crashed(slot: number): void {
    this.#dieOf({ type: 'fatal', slot, reason: 'crashed' });
  }

  #obey(command: HostCommand): void {
    switch (command.type) {
      case 'load': {
        const isolate = new PluginIsolate(command.slot, this);
        this.#isolates.set(command.slot, isolate);
        void this.#work(isolate.load(command.bootstrap, command.code));
        break;
      }
      case 'dispatch':
        for (const slot of command.slots) {
          const isolate = this.#isolates.get(slot);
          if (isolate !== undefined) {
            void this.#work(isolate.dispatch(command.events));
          }
        }
        break;
      case 'unload':
        this.#isolates.get(command.slot)?.unload();
        break;
      case 'ping':
        this.#report({ type: 'pong', rssBytes: process.memoryUsage.rss() });
        break;
    }
  }

  async #work(turn: Promise<void>): Promise<void> {
    this.#atWork += 1;
    // Work that comes and goes must not put off the next look for ever.
    if (this.#isIdle) this.#watchSoon(true);
    await turn;
    this.#atWork -= 1;
  }

  #watch(): void {
    const now = performance.now();
    for (const [slot, isolate] of this.#isolates) {
      if (isolate.watch(now) === 'stuck') {
        this.#dieOf({ type: 'fatal', slot, reason: 'stuck' });
      } else if (isolate.over) {
        this.#isolates.delete(slot);
      }
    }
    this.#tellUsed();
    this.#watchSoon(this.#atWork > 0);
  }

  #tellUsed(): void {
    const insideMs = new Map(
      Array.from(this.#isolates, ([slot, isolate]) => [slot, isolate.insideMs] as const),
    );
    for (const [slot, cpuMs] of this.#shares.look(processCpuMs(), insideMs)) {
      this.#report({ type: 'used', slot, cpuMs });
    }
  }

  #watchSoon(isBusy: boolean): void {
    clearTimeout(this.#watchTimer);
    this.#isIdle = !isBusy;
    this.#watchTimer = setTimeout(() => this.#watch(), isBusy ? watchBusyMs : watchIdleMs);
  }

  #dieOf(report: HostReport): void {
    setTimeout(die, lastWordsMs);
    process.send?.(report, undefined, undefined, die);
  }

  #report(report: HostReport): void {
    // A failure to send means that the parent is gone; `disconnect` says so too.
    process.send?.(report, undefined, undefined, () => undefined);
  }
}

function ignore(): void {}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

new Host().listen();
