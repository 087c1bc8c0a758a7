/** Where a story is played: real processes, their transcripts, and what should stand in them. */

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { temporaryHome } from '../support/home.ts';
import { type ChildProgram, startBanter } from '../support/processes.ts';
import type { Reading, Scene } from './classic-scene.ts';

/** What stands between the processes of a story. */
export interface StageOptions {
  /** Tells under which port the others know the process at a port. */
  readonly route: (port: number) => Promise<number>;
}

/** Somebody in the story. */
interface Actor {
  readonly program: ChildProgram;
  readonly port: number;
  /** What should have been printed so far. */
  expected: string;
}

/** Fails at the first line that is missing, and in `compare` for every one too many. */
export class Stage {
  readonly #t: TestContext;
  readonly #route: StageOptions['route'];
  readonly #actors = new Map<string, Actor>();
  /** Under which port the others know somebody. */
  readonly #shownPorts = new Map<string, number>();

  constructor(t: TestContext, { route }: StageOptions) {
    this.#t = t;
    this.#route = route;
  }

  /** Lets something happen and waits until everybody has read what follows from it. */
  async play({ happens, read }: Scene): Promise<void> {
    switch (happens.type) {
      case 'serverStarts':
        await this.#startServer();
        break;
      case 'clientStarts':
        await this.#startClient(happens.who, happens.name, happens.at);
        break;
      case 'types':
        for (const line of happens.lines) this.#actor(happens.who).program.write(line);
        break;
      case 'signal':
        this.#actor(happens.who).program.signal(happens.signal);
        break;
    }
    await Promise.all(read.map((reading) => this.#read(reading)));
  }

  /** Whether everybody read what they should, and nothing else. */
  compare(): void {
    for (const { program, expected } of this.#actors.values()) {
      assert.equal(program.output, expected);
    }
  }

  async #startServer(): Promise<void> {
    const port = await freePort();
    this.#shownPorts.set('server', await this.#route(port));
    this.#start('server', ['-s', `${port}`], port);
  }

  async #startClient(who: string, name: string, at: string | undefined): Promise<void> {
    const port = at === undefined ? await freePort() : this.#actor(at).port;
    if (at === undefined) this.#shownPorts.set(who, await this.#route(port));
    const server = `${this.#shownPorts.get('server')}`;
    this.#start(who, ['-c', name, 'localhost', server, `${port}`], port);
  }

  #start(who: string, args: readonly string[], port: number): void {
    const program = startBanter(temporaryHome(this.#t), args);
    this.#actors.set(who, { program, port, expected: '' });
  }

  async #read({ who, lines, exit }: Reading): Promise<void> {
    const actor = this.#actor(who);
    const ports = (line: string): string =>
      line.replace(/\{(\w)\}/g, (_, name: string) => `${this.#shownPorts.get(name)}`);
    const text = lines.map((line) => `${ports(line)}\n`).join('');
    const after = actor.expected.length;
    actor.expected += text;
    if (text !== '') await actor.program.waitFor(text, after);
    if (exit === undefined) return;
    assert.equal((await actor.program.exit()).code, exit, who);
  }

  #actor(who: string): Actor {
    const actor = this.#actors.get(who);
    assert.ok(actor !== undefined, who);
    return actor;
  }
}
