/** A person of a test world, as a test leads it. */

import type { Client } from '../../core/client-api.ts';
import { Person } from './person.ts';
import type { Stage } from './stage.ts';

/** Where something is said. */
export interface SayOptions {
  /** Default: the world's group. */
  readonly group?: string;
}

/**
 * Made by `TestWorld.user`; connects and joins with its first words. Each of its actions resolves once everything that
 * came of it has been said and heard.
 */
export class User {
  readonly #stage: Stage;
  readonly #person: Person;

  constructor(stage: Stage, name: string, isBot: boolean) {
    this.#stage = stage;
    this.#person = new Person(stage, name, isBot);
  }

  /** The name it speaks under. */
  get name(): string {
    return this.#person.name;
  }

  /** What it has heard, in lines of the transcript. */
  get heard(): readonly string[] {
    return this.#person.heard;
  }

  /** Its client, for whatever has no verb here; `world.settle` lets time pass for it. @throws BanterError CLOSED unless it is there */
  get client(): Client {
    return this.#person.client;
  }

  /** Says something in a group, which it joins first if it has to. Rejects as `Client.sendGroup` does. */
  async says(text: string, { group = this.#stage.options.group }: SayOptions = {}): Promise<void> {
    await this.joins(group);
    await this.#settle(`says "${text}"`, this.#person.sendGroup(group, text));
  }

  /** Tells somebody something privately; who is absent gets it when they are back. Rejects as `Client.send` does. */
  async tells(to: string, text: string): Promise<void> {
    await this.connects();
    await this.#settle(`tells ${to} "${text}"`, this.#person.send(to, text));
  }

  /** Is there, in no group. */
  async connects(): Promise<void> {
    if (this.#person.isThere) return;
    await this.#person.connect();
    await this.#stage.rest();
  }

  /** Joins a group. Rejects as `Client.joinGroup` does. */
  async joins(group: string = this.#stage.options.group): Promise<void> {
    await this.connects();
    if (this.#person.client.groups.includes(group)) return;
    await this.#person.join(group);
    await this.#stage.rest();
  }

  /** Leaves a group. Rejects as `Client.leaveGroup` does. */
  async leaves(group: string = this.#stage.options.group): Promise<void> {
    await this.#settle(`leaves #${group}`, this.#person.client.leaveGroup(group));
  }

  /** Ends its client in an orderly way, and with it its memberships. With its next words it is back. */
  async quits(): Promise<void> {
    await this.#person.quit();
    await this.#stage.rest();
  }

  /** Loses the server and stays a member; resolves once both have noticed, which takes about a minute of the world's time. */
  async disconnects(): Promise<void> {
    await this.#person.cut();
    await this.#stage.rest();
  }

  /** Is back, with what it missed. */
  async reconnects(): Promise<void> {
    await this.#person.mend();
    await this.#stage.rest();
  }

  async #settle(what: string, promise: Promise<unknown>): Promise<void> {
    await this.#person.settle(`${this.name} ${what}`, promise);
    await this.#stage.rest();
  }
}
