/**
 * Ways out of sandboxes, after the corpora of vm2 (its tests and its catalogue of attacks), ses and isolated-vm, in our
 * own words: each looks for a function constructor of the host, and `prove(it)` shows what it is good for.
 */

/** Statements that see `ctx`, the message `m` and `prove`. */
export interface Escape {
  readonly code: string;
  /** Whether it gets out of `node:vm`: one that does not there proves little here. */
  readonly escapesVm: boolean;
}

/** What stands before each: with the process of the host it tells its id, makes a file and opens a connection. */
export function preludeOf(index: number, folder: string, port: number): string {
  return `const prove = (HostFunction) => { try {
      const host = HostFunction('return typeof process === "object" ? process : undefined')();
      if (typeof host?.pid !== 'number') return;
      report('escaped ' + host.pid);
      host.getBuiltinModule('fs').writeFileSync(${JSON.stringify(`${folder}/${index}`)}, 'x');
      host.getBuiltinModule('net').connect(${port}, '127.0.0.1');
    } catch {} };`;
}

/** By name. */
export const escapes: Readonly<Record<string, Escape>> = {
  'the constructor of what it is given': {
    code: 'prove(ctx.constructor.constructor);',
    escapesVm: true,
  },
  'the constructor of a function that it is given': {
    code: 'prove(ctx.on.constructor);',
    escapesVm: true,
  },
  'the constructor of its own global object': {
    code: 'prove(globalThis.constructor.constructor);',
    escapesVm: true,
  },
  'the prototype of a message': {
    code: 'prove(Object.getPrototypeOf(m).constructor.constructor);',
    escapesVm: true,
  },
  'a descriptor of a prototype': {
    code: 'prove(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(ctx.on), "constructor").value);',
    escapesVm: true,
  },
  'descriptors of descriptors, as entries': {
    code: `for (const [, { value }] of Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(ctx.on))))
        prove(value);`,
    escapesVm: true,
  },
  'a scope made of what it is given': {
    code: `prove(Function('ctx', 'with (ctx) return constructor.constructor')(ctx));`,
    escapesVm: true,
  },
  'the promise of a send': {
    code: 'prove(ctx.send({ group: "lab" }, "x").constructor.constructor);',
    escapesVm: true,
  },
  'the error of a send': {
    code: 'ctx.send({ group: "lab" }, Symbol("s")).catch((error) => prove(error.constructor.constructor));',
    escapesVm: true,
  },
  'an error that is thrown at once': {
    code: 'try { ctx.on(Symbol("s"), 1); } catch (error) { prove(error.constructor.constructor); }',
    escapesVm: true,
  },
  'a stack that ends in the host': {
    code: `let found; const deep = () => { try { deep(); } catch (error) {
        try { if (found === undefined) ctx.on('nothing', deep); } catch (thrown) { found = thrown; } } };
      deep(); prove(found.constructor.constructor);`,
    escapesVm: true,
  },
  'the arguments of a listener': {
    code: `ctx.on('message', function () { prove(arguments[0].constructor.constructor); });`,
    escapesVm: true,
  },
  'the list of arguments that a proxy is handed': {
    code: `ctx.on('message', new Proxy(() => 0, { apply: (_target, _self, given) => prove(given[0].constructor.constructor) }));`,
    escapesVm: true,
  },
  'whoever calls a listener': {
    code: `const f = Function('prove', 'return function f() { prove(f.caller?.constructor); }')(prove); ctx.on('message', f);`,
    escapesVm: false,
  },
  'an error whose name is a symbol': {
    code: `const error = new Error(); error.name = Symbol('s');
      try { error.stack; } catch (thrown) { prove(thrown.constructor.constructor); }`,
    escapesVm: true,
  },
  'the same, rejected': {
    code: `(async () => { const error = new Error(); error.name = Symbol('s'); return error.stack; })()
        .catch((thrown) => prove(thrown.constructor.constructor));`,
    escapesVm: true,
  },
  'the same, suppressed by another': {
    code: `const stack = new DisposableStack(); stack.defer(() => { throw null; });
      stack.defer(() => { const error = new Error(); error.name = Symbol('s'); error.stack; });
      try { stack.dispose(); } catch (thrown) { prove(thrown.suppressed.constructor.constructor); }`,
    escapesVm: true,
  },
  'the same, by a static method of promises that was stolen': {
    code: `function Fake(run) { run((x) => x, (thrown) => prove(thrown.constructor.constructor)); }
      Fake.try = Promise.try; Fake.try(() => { const error = new Error(); error.name = Symbol('s'); return error.stack; });`,
    escapesVm: true,
  },
  'the frames of a stack': {
    code: `Error.prepareStackTrace = (_error, frames) => frames;
      for (const frame of new Error().stack) { prove(frame.getThis()?.constructor?.constructor); prove(frame.getFunction()?.constructor); }`,
    escapesVm: true,
  },
  'a value that is inspected': {
    code: `ctx.log.info({ [Symbol.for('nodejs.util.inspect.custom')]: (_depth, _options, inspect) => { prove(inspect.constructor); return ''; } });`,
    escapesVm: true,
  },
  'what an import rejects with': {
    code: `(0, eval)('import("node:fs")').catch((error) => prove(error.constructor.constructor));`,
    escapesVm: true,
  },
  'the functions that a thenable is handed': {
    code: 'return { then(resolve) { prove(resolve.constructor); resolve(); } };',
    escapesVm: false,
  },
  'another species of promise': {
    code: `const sent = ctx.send({ group: 'lab' }, 'x');
      sent.constructor = { [Symbol.species]: class { constructor(run) { run((value) => prove(value.constructor.constructor), () => 0); } } };
      sent.then();`,
    escapesVm: true,
  },
  'its own constructors of functions': {
    code: `for (const f of [() => 0, async () => 0, function* () {}, async function* () {}, class {}]) prove(f.constructor);
      prove(eval); prove((0, eval)('Function')); prove(Reflect.construct(Function, ['return Function'])());`,
    escapesVm: false,
  },
  'names that hosts leave lying about': {
    code: `for (const name of ['process', 'require', 'module', 'global', 'Buffer', 'Deno', 'ivm', '_ivm', 'isolate', 'console'])
        prove(Reflect.get(globalThis, name)?.constructor?.constructor);`,
    escapesVm: false,
  },
  'the getters of old': {
    code: `prove(ctx.__lookupGetter__('__proto__').call(ctx).constructor.constructor);`,
    escapesVm: true,
  },
};
