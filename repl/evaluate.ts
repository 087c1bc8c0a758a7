/**
 * Evaluates JavaScript for the prompt and for scripts through V8's own REPL mode (the inspector's `Runtime.evaluate`):
 * variables persist and may be declared again, `await` works at the top level, and `node:repl`, whose `node:domain`
 * makes every await ten times slower, need not be loaded for it.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { type Runtime, Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { constants, runInThisContext } from 'node:vm';
import { abortable, aborted } from './abort.ts';
import { importerKey } from './imports.ts';
import { prepare, withoutWarning } from './syntax.ts';

/** What code sees beside the globals of Node. */
export interface EvaluatorOptions {
  readonly globals: Readonly<Record<string, unknown>>;
  /** The absolute path that relative imports and `require` start from; the file need not exist. */
  readonly baseFile: string;
  /**
   * Runs code synchronously in the global scope and says whether Ctrl-C broke it; a prompt brings its own.
   * Default: SIGINT has its default effect meanwhile and ends the process at once, for its listeners would hear of it only
   * when the code yields, which it may never do. (Breaking the code instead would at times lose the signal.)
   */
  readonly runBreakable?: (code: string) => 'done' | 'broken';
}

/** How one piece of code is evaluated. */
export interface EvaluateOptions {
  /** Interrupts: the evaluation rejects with ABORTED at once, and so does every `chat` method that it calls later. */
  readonly signal: AbortSignal;
  /** What stacks call the code. */
  readonly name: string;
}

/** Code that ends before its last statement does. */
export class IncompleteCode extends SyntaxError {
  constructor() {
    super('the statement is incomplete');
    this.name = 'IncompleteCode';
  }
}

const runKey: unique symbol = Symbol.for('banter.run');
const valueKey: unique symbol = Symbol.for('banter.value');
const objectGroup = 'banter';

/** Owns V8's REPL scope of this process; there is one scope, so two evaluators see each other's variables. */
export class Evaluator {
  readonly #session = new Session();
  readonly #scope = new AsyncLocalStorage<AbortSignal>();
  readonly #baseFile: string;
  readonly #runBreakable: (code: string) => 'done' | 'broken';

  constructor({ globals, baseFile, runBreakable = runEndable }: EvaluatorOptions) {
    this.#runBreakable = runBreakable;
    this.#baseFile = baseFile;
    this.#session.connect();
    define(importerKey, (specifier: string, options: unknown) => this.#import(specifier, options));
    define('require', createRequire(baseFile));
    for (const [name, value] of Object.entries(globals)) define(name, value);
  }

  /** The signal of the evaluation on whose behalf the caller runs, also after its awaits. */
  get signal(): AbortSignal | undefined {
    return this.#scope.getStore();
  }

  /**
   * Evaluates and gives back the last value; a promise is awaited.
   * @throws IncompleteCode; SyntaxError; whatever the code throws; BanterError ABORTED
   */
  async evaluate(source: string, { signal, name }: EvaluateOptions): Promise<unknown> {
    const prepared = prepare(source);
    if (prepared.type === 'incomplete') throw new IncompleteCode();
    if (prepared.type === 'invalid') throw prepared.error;
    const expression = `${prepared.code}\n//# sourceURL=${name.replace(/\s/g, '_')}`;
    return abortable(signal, () => this.#evaluate(expression, signal));
  }

  /** Runs other work on behalf of an evaluation, so that {@link signal} is known in it. */
  within<Value>(signal: AbortSignal, work: () => Value): Value {
    return this.#scope.run(signal, work);
  }

  /** Lets go of V8's inspector. */
  [Symbol.dispose](): void {
    this.#session.disconnect();
  }

  async #evaluate(expression: string, signal: AbortSignal): Promise<unknown> {
    const result = await this.#breakable(() =>
      this.#scope.run(signal, () =>
        this.#post('Runtime.evaluate', {
          expression,
          replMode: true,
          awaitPromise: true,
          objectGroup,
        }),
      ),
    );
    const { exceptionDetails } = result;
    if (exceptionDetails !== undefined) {
      throw exceptionDetails.exception === undefined
        ? new Error(exceptionDetails.text)
        : await this.#valueOf(exceptionDetails.exception);
    }
    return this.#valueOf(result.result);
  }

  /** Calls synchronously; SIGINT meanwhile breaks the call. */
  #breakable<Value>(work: () => Value): Value {
    let outcome: { readonly value: Value } | undefined;
    define(runKey, () => {
      outcome = { value: work() };
    });
    // A loop that never yields can only be broken from outside, so the inspector is called from code that is run so.
    const end = this.#runBreakable('globalThis[Symbol.for("banter.run")]()');
    if (end === 'broken' || outcome === undefined) throw aborted();
    return outcome.value;
  }

  /** The value itself behind what the inspector tells of it. */
  async #valueOf(remote: Runtime.RemoteObject): Promise<unknown> {
    if (remote.objectId === undefined) return primitive(remote);
    const taken: unknown[] = [];
    define(valueKey, (value: unknown) => taken.push(value));
    await this.#post('Runtime.callFunctionOn', {
      objectId: remote.objectId,
      functionDeclaration:
        'function () { "use strict"; globalThis[Symbol.for("banter.value")](this); }',
    });
    this.#session.post('Runtime.releaseObjectGroup', { objectGroup });
    return taken[0];
  }

  #post<Method extends keyof InspectorCalls>(
    method: Method,
    parameters: InspectorCalls[Method]['parameters'],
  ): Promise<InspectorCalls[Method]['result']> {
    const answer = Promise.withResolvers<InspectorCalls[Method]['result']>();
    // An interrupt unwinds the caller before it gets to see the promise; its rejection is then nobody's.
    answer.promise.catch(() => {});
    this.#session.post(method, parameters, (error, result) => {
      // The callback of a method that V8 knows carries either an error or that method's result.
      if (error === null) answer.resolve(result as InspectorCalls[Method]['result']);
      else answer.reject(error);
    });
    return answer.promise;
  }

  #import(specifier: string, options: unknown): Promise<unknown> {
    return withoutWarning(() => {
      const load: (specifier: string, options: unknown) => Promise<unknown> = runInThisContext(
        '(specifier, options) => import(specifier, options)',
        {
          filename: this.#baseFile,
          importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
        },
      );
      return load(specifier, options);
    });
  }
}

interface InspectorCalls {
  readonly 'Runtime.evaluate': {
    readonly parameters: Runtime.EvaluateParameterType & { readonly replMode: true };
    readonly result: Runtime.EvaluateReturnType;
  };
  readonly 'Runtime.callFunctionOn': {
    readonly parameters: Runtime.CallFunctionOnParameterType;
    readonly result: Runtime.CallFunctionOnReturnType;
  };
}

function define(key: string | symbol, value: unknown): void {
  Object.defineProperty(globalThis, key, {
    value,
    configurable: true,
    enumerable: false,
    writable: true,
  });
}

function primitive(remote: Runtime.RemoteObject): unknown {
  const { unserializableValue } = remote;
  if (unserializableValue === undefined) return remote.subtype === 'null' ? null : remote.value;
  return unserializableValue.endsWith('n')
    ? BigInt(unserializableValue.slice(0, -1))
    : Number(unserializableValue);
}

function runEndable(code: string): 'done' {
  const listeners = process.listeners('SIGINT');
  process.removeAllListeners('SIGINT');
  try {
    runInThisContext(code, { filename: 'banter' });
  } finally {
    for (const listener of listeners) process.on('SIGINT', listener);
  }
  return 'done';
}

/** Whether an error is what breaking code with SIGINT throws. */
export function isInterruption(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED'
  );
}
