/** A host as one writes it in an afternoon: plugins in `node:vm`. A program of its own, so that what gets out of it harms nobody. */

import { inspect } from 'node:util';
import { createContext, runInContext } from 'node:vm';

type Call = (...values: readonly unknown[]) => unknown;

/** Runs one program that sees `ctx`, `m` and `report`, tells it a message, and resolves with whether it got out. */
async function run(code: string): Promise<boolean> {
  let isOut = false;
  const listeners: Call[] = [];
  const ctx = {
    log: { info: (value: unknown) => inspect(value) },
    on: (event: string, listener: Call) => {
      if (typeof listener !== 'function') throw new TypeError(`no listener of ${event}`);
      listeners.push(listener);
    },
    send: async (_target: unknown, text: string) => ({ text: `${text}` }),
  };
  const report = (): void => {
    isOut = true;
  };
  const message = { type: 'group', group: 'lab', from: 'alice', text: 'attack' };
  try {
    const attack: unknown = runInContext(`(ctx, m, report) => { ${code} }`, createContext({}));
    if (typeof attack === 'function') await attack(ctx, message, report);
    for (const listener of listeners.slice(0, 10)) await listener(message);
    await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    inspect(error);
  }
  return isOut;
}

process.on('message', async (codes: readonly string[]) => {
  const results: boolean[] = [];
  for (const code of codes) results.push(await run(code));
  process.send?.(results);
  process.disconnect();
});
