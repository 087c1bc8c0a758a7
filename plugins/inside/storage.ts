/** The plugin's side of `ctx.storage`. Runs in isolates only. */

import type { ActionResults, StorageAction } from '../bridge.ts';
import { limits } from '../limits.ts';
import type { PluginStorage } from '../sdk.ts';
import type { Fields } from './outbox.ts';
import { optional, type Requests } from './requests.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { parse, stringify } = JSON;

interface Read {
  readonly value: unknown;
  readonly version: number;
}

/** Makes `ctx.storage`. */
export function makeStorage(requests: Requests): PluginStorage {
  const storage = new StorageInside(requests);
  return Object.freeze({
    get: async <T>(key: string) => {
      const { value } = await storage.read(checked(key));
      // What the plugin has kept there is the author's to know.
      return value as T | undefined;
    },
    set: (key: string, value: unknown) => optional(storage.set(key, value)),
    delete: (key: string) => optional(storage.delete(key)),
    list: (prefix = '') => storage.list(prefix),
    update: <T>(key: string, change: (value: T | undefined) => Change<T>) =>
      optional(storage.update(key, change)),
  });
}

type Change<T> = T | undefined | Promise<T | undefined>;

class StorageInside {
  readonly #requests: Requests;
  /** Operations that wait until there are fewer at the chat process. */
  readonly #line: { readonly characters: number; readonly go: () => void }[] = [];
  /** The end of the line of updates for each key that has any. */
  readonly #updates = new Map<string, Promise<unknown>>();
  #unanswered = 0;
  #charactersUnanswered = 0;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  async read(key: string): Promise<Read> {
    const found = await this.#ask('storageGet', { key });
    return found === undefined
      ? { value: undefined, version: 0 }
      : { value: parse(found.value), version: found.version };
  }

  async set(key: string, value: unknown): Promise<void> {
    const written = this.#encode(value);
    await this.#ask('storageSet', { key: checked(key), value: written, version: undefined });
  }

  async delete(key: string): Promise<boolean> {
    return this.#ask('storageDelete', { key: checked(key) });
  }

  async list(prefix: string): Promise<readonly string[]> {
    if (prefix !== '') checked(prefix);
    const keys: string[] = [];
    for (;;) {
      const page = await this.#ask('storageList', { prefix, after: keys.at(-1) });
      for (const key of page.keys) keys.push(key);
      if (!page.more) return keys;
    }
  }

  /** One update of a key at a time, so that those of one plugin do not make each other try again. */
  async update<T>(
    key: string,
    change: (value: T | undefined) => Change<T>,
  ): Promise<T | undefined> {
    checked(key);
    const before = this.#updates.get(key);
    const mine = (async () => {
      await before?.catch(() => undefined);
      return this.#change(key, change);
    })();
    this.#updates.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#updates.get(key) === mine) this.#updates.delete(key);
    }
  }

  async #change<T>(
    key: string,
    change: (value: T | undefined) => Change<T>,
  ): Promise<T | undefined> {
    for (let attempt = 0; attempt < limits.storageUpdateTriesMax; attempt++) {
      const { value, version } = await this.read(key);
      // What the plugin has kept there is the author's to know.
      const before = value as T | undefined;
      const after = await change(before);
      if (after === undefined) return before;
      if (await this.#ask('storageSet', { key, value: this.#encode(after), version })) return after;
    }
    const problem = `"${key}" was changed by others ${limits.storageUpdateTriesMax} times meanwhile`;
    throw this.#requests.refusal('STORAGE_BUSY', problem);
  }

  #encode(value: unknown): string {
    const json: string | undefined = stringify(value);
    if (json === undefined) {
      throw new TypeError(
        'ctx.storage: a value is what JSON can carry; delete(key) takes one away',
      );
    }
    if (json.length > limits.storageValueBytesMax) {
      throw this.#requests.refusal(
        'STORAGE_FULL',
        `a value has at most ${limits.storageValueBytesMax} bytes of JSON; this one has ${json.length} or more`,
      );
    }
    return json;
  }

  /** Asks once it is its turn: in the order of the calls, and never more at a time than the chat process takes. */
  async #ask<T extends StorageAction['type']>(
    type: T,
    fields: Omit<Fields<T>, 'id'>,
  ): Promise<ActionResults[T]> {
    const characters =
      'value' in fields && typeof fields.value === 'string' ? fields.value.length : 0;
    await new Promise<void>((go) => {
      this.#line.push({ characters, go });
      this.#advance();
    });
    try {
      return await this.#requests.ask(type, fields);
    } finally {
      this.#unanswered -= 1;
      this.#charactersUnanswered -= characters;
      this.#advance();
    }
  }

  #advance(): void {
    for (;;) {
      const [next] = this.#line;
      if (next === undefined || this.#unanswered >= limits.storageUnansweredMax) return;
      const characters = this.#charactersUnanswered + next.characters;
      if (this.#unanswered > 0 && characters > limits.storageCharactersUnansweredMax) return;
      this.#line.shift();
      this.#unanswered += 1;
      this.#charactersUnanswered = characters;
      next.go();
    }
  }
}

/** @throws TypeError for what is no key; what is enforced is outside */
function checked(key: string): string {
  const max = limits.storageKeyCharactersMax;
  if (typeof key !== 'string' || key.length === 0 || key.length > max || !key.isWellFormed()) {
    throw new TypeError(`ctx.storage: a key is a text of 1 to ${max} characters`);
  }
  return key;
}
