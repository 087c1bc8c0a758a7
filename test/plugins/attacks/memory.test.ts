/** Attacks on memory. */

import { test } from 'node:test';
import { Arena, type Attack } from './arena.ts';

/** Where memory is taken slowly, time may be up first; where it is taken at once, the process has to go. */
const full =
  /used more than \d+ MB of memory|crashed its isolate|did not give way|could not be stopped/;
const refused = /^on message: RangeError: /;

const attacks: Readonly<Record<string, Attack>> = {
  'an array that grows for ever': {
    code: 'const all = []; for (;;) all.push({ all: [1, 2, 3] });',
    ends: full,
  },
  'a string that doubles for ever': {
    code: 'let s = "x"; const all = []; for (;;) { s += s; if (s.length > 1e6) all.push(s.split("")); }',
    ends: full,
  },
  'a Map that grows for ever': {
    code: 'const map = new Map(); for (let i = 0; ; i++) map.set(i, i);',
    ends: full,
  },
  'a huge array at once': { code: 'Array.from({ length: 1e8 }, () => ({}));', ends: full },
  'an array that is huge and full': { code: 'new Array(5e7).fill(0).length;', ends: full },
  'a number that grows for ever': {
    code: 'let n = 3n; for (;;) n *= n;',
    ends: /did not|stop|memory/,
  },
  'promises that nobody settles': {
    code: 'const all = []; for (;;) all.push(new Promise(() => {}).then(() => 1));',
    ends: full,
  },
  'generators that stand still': {
    code: 'const all = []; for (;;) { const g = (function* () { yield 1; })(); g.next(); all.push(g); }',
    ends: full,
  },
  'proxies around proxies': {
    code: 'let p = {}; for (;;) p = new Proxy(p, {});',
    ends: full,
  },
  'functions compiled for ever': {
    code: 'const all = []; for (let i = 0; ; i++) all.push(Function("return " + i));',
    ends: full,
  },
  'JSON that is parsed to much more': {
    code: 'JSON.parse("[" + "{},".repeat(3e6) + "0]").length;',
    ends: full,
  },
  'stacks without a limit': {
    code: `Error.stackTraceLimit = Infinity; const all = [];
      const deep = (n) => { all.push(new Error(n).stack); deep(n + 1); }; for (;;) { try { deep(0); } catch {} }`,
    ends: full,
  },
  'formats of dates, which no heap counts': {
    code: 'const all = []; for (;;) all.push(new Intl.DateTimeFormat("de", { dateStyle: "full" }));',
    ends: full,
  },
  'typed arrays': {
    code: 'const all = []; for (;;) all.push(new Float64Array(1e6).fill(1));',
    lives: [refused],
  },
  'array buffers': {
    code: 'const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1));',
    lives: [refused],
  },
  'an array buffer that wants to grow later': {
    code: 'const b = new ArrayBuffer(8, { maxByteLength: 2 ** 31 }); b.resize(2 ** 31);',
    lives: [/^on message: TypeError: /],
  },
  'an array buffer that grows by a stolen constructor': {
    code: `let original; const { construct } = Reflect;
      Reflect.construct = (target) => { original = target; return {}; };
      new ArrayBuffer(8); Reflect.construct = construct;
      const b = new (original ?? ArrayBuffer)(8, { maxByteLength: 2 ** 31 }); b.resize(2 ** 31);`,
    lives: [/^on message: TypeError: /],
  },
  'an array buffer that grows by a stolen list of arguments': {
    code: `let given; const iterator = Array.prototype[Symbol.iterator];
      Array.prototype[Symbol.iterator] = function () { given ??= this; return iterator.call(this); };
      new ArrayBuffer(8, { maxByteLength: 16 }); Array.prototype[Symbol.iterator] = iterator;
      ctx.log.info('seen', given === undefined);`,
    lives: [/^seen true$/],
  },
  'memory of WebAssembly': {
    code: 'new WebAssembly.Memory({ initial: 65_536 });',
    lives: [/^on message: ReferenceError: WebAssembly/],
  },
  'memory that is shared': {
    code: 'new SharedArrayBuffer(8, { maxByteLength: 2 ** 31 }).grow(2 ** 31);',
    lives: [/^on message: ReferenceError: SharedArrayBuffer/],
  },
  'a string beyond all strings': { code: '"x".repeat(2 ** 30);', lives: [refused] },
  'a recursion without end': {
    code: 'const deep = (n) => deep(n + 1) + 1; deep(0);',
    lives: [/^on message: RangeError: Maximum call stack/],
  },
  'more arguments than a call can have': {
    code: 'Math.max.apply(null, { length: 2 ** 31 });',
    lives: [refused],
  },
  'a program too deep for the parser': {
    code: 'eval("(".repeat(1e5));',
    lives: [/^on message: (RangeError|SyntaxError): /],
  },
  'JSON too deep to read': {
    code: 'JSON.parse("[".repeat(1e5));',
    lives: [/^on message: (SyntaxError|RangeError): /],
  },
  'a log line of all memory': { code: 'ctx.log.info("x".repeat(2 ** 28));', ends: full },
};

test('memory', { timeout: 120_000 }, async (t) => {
  const arena = await Arena.open(t, attacks);
  for (const [name, attack] of Object.entries(attacks)) {
    await t.test(`${name}: its plugin ends or is refused, and its sibling still answers`, () =>
      arena.meet(name, attack),
    );
  }
});
