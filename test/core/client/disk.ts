/** A disk in virtual time: what a server writes is stored after a while, and known to be after another; crashes come between. */

import type { StoreChange, StoredState } from '../../../core/chat/records.ts';
import type { Environment } from '../../../core/net/transport.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import type { Store } from '../../../core/store/store.ts';
import { Random } from '../../support/random.ts';
import { storeAround } from '../../support/store-around.ts';

/** How long each half of a write takes at most. Milliseconds. */
const writeMsMax = 8;

interface Write {
  readonly changes: readonly StoreChange[];
  isStored: boolean;
}

/** Keeps everything in memory; its servers find what those before had stored, and nothing that they had not. */
export class Disk {
  readonly #clock: Environment;
  readonly #random: Random;
  readonly #kept: MemoryStore;
  #opened = 0;
  #writing: Write | undefined;
  /** While true, no write is stored. */
  isStuck = false;

  /** @param clock of a machine that outlives the servers */
  constructor(clock: Environment, seed = 1) {
    this.#clock = clock;
    this.#random = new Random(seed);
    this.#kept = new MemoryStore(clock.random(32));
  }

  /** The store of the next server. */
  open(): Store {
    const life = ++this.#opened;
    return storeAround(this.#kept, {
      isDurable: true,
      write: (changes) => this.#write(life, changes),
    });
  }

  load(): Promise<StoredState> {
    return this.#kept.load();
  }

  /** The server dies in the midst of a write: some of its changes are stored, or none, or all. */
  crash(): void {
    this.#opened++;
    const writing = this.#writing;
    this.#writing = undefined;
    if (writing === undefined || writing.isStored) return;
    this.#kept.write(writing.changes.slice(0, this.#random.below(writing.changes.length + 1)));
  }

  async #write(life: number, changes: readonly StoreChange[]): Promise<void> {
    const writing: Write = { changes, isStored: false };
    if (life === this.#opened) this.#writing = writing;
    do await this.#pause();
    while (this.isStuck);
    if (life === this.#opened) {
      this.#kept.write(changes);
      writing.isStored = true;
    }
    await this.#pause();
    if (life === this.#opened) this.#writing = undefined;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(resolve, this.#random.float() * writeMsMax);
    });
  }
}
