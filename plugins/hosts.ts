/** The child processes of one runtime: the one that plugins share, and those of plugins that have one of their own. */

import type { HostCommand, HostReport } from './host-bridge.ts';
import type { HostCode } from './host-code.ts';
import { type HostDeath, HostProcess } from './host-process.ts';

/** The process that plugins share. Every other home is the slot of the only plugin that lives there. */
export const sharedHome = 0;

/** Whom the processes tell, and where it happened. */
export interface HostsOwner {
  /** A child is ready and empty: whoever lives there has to be loaded (again). */
  hostUp(): void;
  /** A child says something of a plugin, which need not live there: a plugin may have taken its child over. */
  hostReported(home: number, report: Extract<HostReport, { readonly slot: number }>): void;
  /** A child is dead. True when a culprit was found and removed, so that it may come back at once. */
  hostDied(home: number, death: HostDeath): boolean;
  /** A child stays off. */
  hostGaveUp(home: number, reason: string): void;
}

/** As many as the runtime has plugins with a process of their own, and one more. */
export class Hosts {
  readonly #owner: HostsOwner;
  readonly #code: () => Promise<HostCode>;
  readonly #hosts = new Map<number, HostProcess>();
  /** Children that are being ended; each stays for as long as that takes. */
  readonly #ending = new Set<Promise<void>>();

  /** `code` is asked for at the first start of each. */
  constructor(owner: HostsOwner, code: () => Promise<HostCode>) {
    this.#owner = owner;
    this.#code = code;
  }

  /** The process id of a child while there is one. */
  pidOf(home: number): number | undefined {
    return this.#hosts.get(home)?.pid;
  }

  /** The process ids of all children. */
  get pids(): readonly number[] {
    return [...this.#hosts.values()].flatMap(({ pid }) => pid ?? []);
  }

  /** Whether commands reach a child. */
  isUp(home: number): boolean {
    return this.#hosts.get(home)?.up === true;
  }

  /** Starts a child unless it is there. */
  start(home: number): void {
    const host = this.#hosts.get(home) ?? this.#make(home);
    this.#hosts.set(home, host);
    host.start();
  }

  /** Hands a command over; without the child it is dropped, because `hostUp` asks for everything anew. */
  send(home: number, command: HostCommand): void {
    this.#hosts.get(home)?.send(command);
  }

  /** A plugin lives there no more: nothing of it stays, and nothing of a process that was its own. */
  leave(home: number, slot: number): void {
    const host = this.#hosts.get(home);
    if (host === undefined) return;
    if (home === sharedHome) {
      host.send({ type: 'unload', slot });
      return;
    }
    this.#hosts.delete(home);
    const ending = host.close().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Kills all children and resolves when they are gone. */
  async close(): Promise<void> {
    await Promise.all([...this.#ending, ...[...this.#hosts.values()].map((host) => host.close())]);
  }

  #make(home: number): HostProcess {
    const owner = this.#owner;
    const kind = home === sharedHome ? 'shared' : 'own';
    return new HostProcess(
      {
        hostUp: () => owner.hostUp(),
        hostReported: (report) => owner.hostReported(home, report),
        hostDied: (death) => owner.hostDied(home, death),
        hostGaveUp: (reason) => owner.hostGaveUp(home, reason),
      },
      this.#code,
      kind,
    );
  }
}
