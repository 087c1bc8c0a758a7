/** What is evaluated inside an isolate before the plugin: it removes what could hurt and makes the three functions that the child calls. */

import type { PluginEvent } from './bridge.ts';
import { PluginInside } from './inside/context.ts';
import { makeLog, Outbox } from './inside/outbox.ts';
import type { PluginDefinition, Settings } from './sdk.ts';
import { setClockName } from './virtual.ts';

/** All that the child holds of an isolate. Only strings go in and come out, and every call has a time limit. */
export interface Inside {
  /** Evaluates the plugin's bundle; how that went is the first action of the outbox. */
  evaluate(code: string): void;
  /** Tells the plugin a JSON array of events. */
  dispatch(events: string): void;
  /** Hands over the outbox as a JSON array of actions; `lost` is the message of a rejection that nobody handled, or empty. */
  drain(lost: string): string;
}

/** Prepares the isolate's globals, once, before any code of the plugin. */
export function boot(): Inside {
  // Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
  const { parse, stringify } = JSON;
  // biome-ignore lint/security/noGlobalEval: evaluating the plugin is what this isolate is for.
  const evaluateGlobally = globalThis.eval;
  const outbox = new Outbox();
  const setClock = takeClock();
  removeDangers();
  Reflect.set(globalThis, 'console', makeLog(outbox));
  let plugin: PluginInside | undefined;

  const describe = (definition: PluginDefinition<Settings>): string => {
    const manifest: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(definition)) {
      if (key !== 'setup' && key !== 'dispose') {
        manifest[key] = typeof value === 'function' ? 'a function' : value;
      }
    }
    return stringify(manifest);
  };

  return {
    evaluate: (code) => {
      try {
        Reflect.set(globalThis, 'banterPlugin', (definition: PluginDefinition<Settings>) => {
          if (typeof definition?.setup !== 'function') {
            throw new TypeError(
              'the default export is no plugin: write `export default definePlugin({ …, setup(ctx) { … } })`',
            );
          }
          const manifest = describe(definition);
          plugin = new PluginInside(definition, outbox);
          outbox.push('described', { manifest });
        });
        evaluateGlobally(code);
      } catch (error) {
        outbox.pushError('failed', 'evaluate', error);
      } finally {
        Reflect.deleteProperty(globalThis, 'banterPlugin');
      }
    },
    dispatch: (json) => {
      // The chat process has written this text from events alone.
      for (const event of parse(json) as readonly PluginEvent[]) {
        if (event.type === 'clock') setClock(event.nowMs);
        else plugin?.dispatch(event);
      }
    },
    drain: (lost) => {
      if (lost !== '') {
        outbox.push('error', {
          during: 'unhandled rejection',
          name: 'Error',
          message: lost,
          stack: '',
        });
      }
      plugin?.tellTurn();
      return outbox.drain();
    },
  };
}

/** What sets the clock of a test world; elsewhere there is none to set. */
function takeClock(): (nowMs: number) => void {
  const setClock: unknown = Reflect.get(globalThis, setClockName);
  Reflect.deleteProperty(globalThis, setClockName);
  if (typeof setClock !== 'function') return () => undefined;
  return (nowMs) => setClock(nowMs);
}

/**
 * `WebAssembly`, `FinalizationRegistry` and `WeakRef` run code outside a call's time limit; memory of a
 * `SharedArrayBuffer` or a resizable `ArrayBuffer` is not counted towards the heap.
 */
function removeDangers(): void {
  for (const name of [
    'WebAssembly',
    'SharedArrayBuffer',
    'Atomics',
    'FinalizationRegistry',
    'WeakRef',
  ]) {
    Reflect.deleteProperty(globalThis, name);
  }
  // Taken now, and without asking an iterator: the plugin may replace either, and would be handed the original.
  const { construct } = Reflect;
  const fixedLength = new Proxy(ArrayBuffer, {
    construct: (target, given, newTarget) => construct(target, [given[0]], newTarget),
  });
  Reflect.defineProperty(ArrayBuffer.prototype, 'constructor', { value: fixedLength });
  Reflect.set(globalThis, 'ArrayBuffer', fixedLength);
}
