/** The other side of a host in a network namespace: starts its process, gives it cables, tells it what to do. */

import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import type { ActorAnswer, ActorOrder } from './namespace-actor.ts';

export class NamespaceHost {
  readonly #child: ChildProcess;
  readonly #name: string;
  #last: Promise<unknown> = Promise.resolve();

  /** A host without any network but its own loopback. */
  static async start(name: string): Promise<NamespaceHost> {
    const child = fork(new URL('namespace-actor.ts', import.meta.url).pathname, [], {
      execPath: 'unshare',
      execArgv: ['--net', process.execPath],
    });
    await once(child, 'message');
    const host = new NamespaceHost(name, child);
    await host.tell({ type: 'ip', args: ['link', 'set', 'lo', 'up'] });
    return host;
  }

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
  }

  /** A cable to the bridge of this process' own network. */
  async plugInto(bridge: string, addresses: readonly string[]): Promise<void> {
    const end = `${this.#name}-cable`;
    ip(['link', 'add', end, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${this.#child.pid}`]);
    ip(['link', 'set', end, 'master', bridge, 'up']);
    await this.#raise('eth0', addresses);
  }

  /** A cable between two hosts that nobody else is on. */
  async cableTo(other: NamespaceHost, address: string, otherAddress: string): Promise<void> {
    const pid = (host: NamespaceHost): string => `${host.#child.pid}`;
    const peer = ['peer', 'name', 'inside', 'netns', pid(other)];
    ip(['link', 'add', 'inside', 'netns', pid(this), 'type', 'veth', ...peer]);
    await this.#raise('inside', [address]);
    await other.#raise('inside', [otherAddress]);
  }

  /** Has something done, after all that was told before. @throws Error with the words of the host */
  tell(order: ActorOrder): Promise<unknown> {
    this.#last = this.#last.then(async () => {
      const answered = once(this.#child, 'message');
      this.#child.send(order);
      const { value, error }: ActorAnswer = (await answered)[0];
      if (error !== undefined) throw new Error(`${this.#name}: ${order.type}: ${error}`);
      return value;
    });
    return this.#last;
  }

  /** Ends the host and its network. */
  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  async #raise(device: string, addresses: readonly string[]): Promise<void> {
    for (const address of addresses) {
      await this.tell({ type: 'ip', args: ['address', 'add', address, 'dev', device] });
    }
    await this.tell({ type: 'ip', args: ['link', 'set', device, 'up'] });
  }
}

/** Runs `ip` in this process' own network. */
export function ip(args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
