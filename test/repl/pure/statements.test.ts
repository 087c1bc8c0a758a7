/** Cutting scripts into statements, and telling complete code from incomplete. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { commandTable, dotForms } from '../../../repl/commands/index.ts';
import { rewriteImports } from '../../../repl/imports.ts';
import {
  StatementSplitter,
  splitStatements,
  statementLengthMax,
} from '../../../repl/statements.ts';
import { prepare } from '../../../repl/syntax.ts';

const vocabulary = { commands: commandTable, dotForms };

/** `line:kind:text` of every statement. */
function split(text: string): readonly string[] {
  return splitStatements(text, vocabulary).map(({ line, content }) =>
    content.type === 'command'
      ? `${line}:${content.command.name}:${content.tail}`
      : `${line}:${content.type}:${content.source}`,
  );
}

test('cuts commands and JavaScript apart and numbers their lines', () => {
  assert.deepEqual(split('# c\n\nwhoami\nlet a = 1\n// c\nlet b = {\n  c: 1,\n}\nsend bob {'), [
    '3:whoami:',
    '4:javascript:let a = 1',
    '6:javascript:let b = {\n  c: 1,\n}',
    '9:send:bob {',
  ]);
});

test('goes on over lines that continue an expression or a statement', () => {
  for (const code of [
    'chat.listGroups()\n  .then(console.log)\n  .catch(() => {})',
    'if (a) b()\nelse c()',
    'if (a) b();\nelse c();',
    'try { a() }\ncatch { b() }\nfinally { c() }',
    'const x = a\n  + b',
    'a\n  ? b\n  : c',
    'const f = async () =>\n  1',
    'await a(\n  1,\n)',
    '`send bob hi\nwhoami`',
    'function f(a: string) {\n  send\n  whoami\n}',
    '/* whoami\nsend bob x */ 1',
  ]) {
    assert.deepEqual(
      split(`${code}\nwhoami`).map((each) => each.split(':')[1]),
      ['javascript', 'whoami'],
      code,
    );
  }
});

test('holds JavaScript until the next line shows that it is over, unless it ends in a semicolon', () => {
  const splitter = new StatementSplitter(vocabulary);
  assert.equal(splitter.push('a()').length, 0);
  assert.equal(splitter.push('').length, 0);
  assert.equal(splitter.push('b();').length, 2);
  assert.equal(splitter.push('if (a) b();').length, 0);
  assert.equal(splitter.push('whoami').length, 2);
  assert.equal(splitter.end().length, 0);
});

test('gives invalid code back at once, so that its line is named', () => {
  assert.deepEqual(split('foo bar\nwhoami'), ['1:javascript:foo bar', '2:whoami:']);
});

test('says that the last statement is incomplete, with its source', () => {
  assert.deepEqual(split('whoami\nlet a = {\nb:'), ['1:whoami:', '2:incomplete:let a = {\nb:']);
});

test('gives up on a statement at the bound', () => {
  const splitter = new StatementSplitter(vocabulary);
  splitter.push('`');
  const [statement] = splitter.push('x'.repeat(statementLengthMax));
  assert.equal(statement?.content.type, 'incomplete');
  assert.equal(splitter.push('whoami').length, 1);
});

test('loses no line of any mixture of commands and code', () => {
  const piece = fc.constantFrom(
    'whoami',
    'send bob {([`',
    'f(1)',
    'const x = {\n  a: 1,\n}',
    'if (a) {\n  b\n}\nelse {\n}',
    '`\nwhoami\n`',
    '',
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const expected = pieces.filter((each) => each !== '');
      const found = splitStatements(pieces.join('\n'), vocabulary).map(({ content }) =>
        content.type === 'command'
          ? `${content.command.name} ${content.tail}`.trim()
          : content.source,
      );
      assert.deepEqual(found, expected);
    }),
  );
});

const completeness: Readonly<Record<string, string>> = {
  '1 + 1': 'complete',
  '{a: 1, b: 2}': 'complete',
  'await x': 'complete',
  'const a: number = 1': 'complete',
  'interface A { b: string }': 'complete',
  'for await (const x of y) z': 'complete',
  'function f() {': 'incomplete',
  'foo(': 'incomplete',
  'await foo(': 'incomplete',
  '`abc': 'incomplete',
  'await `abc': 'incomplete',
  '/* abc': 'incomplete',
  'a /* b': 'incomplete',
  'if (a) {': 'incomplete',
  'x = [1,': 'incomplete',
  'const x: number = foo(': 'incomplete',
  'function f(a: string) {': 'incomplete',
  'type A = {': 'incomplete',
  'foo bar': 'invalid',
  'await foo)': 'invalid',
  '"abc': 'invalid',
  'enum A { B }': 'invalid',
};

for (const [code, expected] of Object.entries(completeness)) {
  test(`takes ${JSON.stringify(code)} for ${expected}`, () => {
    assert.equal(prepare(code).type, expected);
  });
}

const importer = 'globalThis[Symbol.for("banter.import")]';
const imports: Readonly<Record<string, string>> = {
  "import a from 'b'": `const { default: a } = await ${importer}('b');`,
  'import { a, b as c } from "d";': `const { a, b : c } = await ${importer}("d");`,
  "import a, { b } from 'c'": `const { default: a, b } = await ${importer}('c');`,
  "import * as a from 'b'": `const a = await ${importer}('b');`,
  "import 'a'": `await ${importer}('a');`,
  "import type { A } from 'b'": '',
  "await import('a')": `await ${importer}('a')`,
  "'import(' + `import(${import('a')} import(`": `'import(' + \`import(\${${importer}('a')} import(\``,
  '/import(x)/.test(y)': '/import(x)/.test(y)',
  '// import(x)': '// import(x)',
  'a.import(b)': 'a.import(b)',
  'important(b)': 'important(b)',
};

for (const [code, expected] of Object.entries(imports)) {
  test(`rewrites ${code} to what V8 can evaluate`, () => {
    assert.equal(rewriteImports(code), expected);
  });
}

test('leaves the text of a string alone, whatever it says of import', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom('import(', 'import a from "b"', '`', "'", '${', '}', '/', '\n', 'x'),
      ),
      (parts) => {
        const code = `f(${JSON.stringify(parts.join(''))})`;
        assert.equal(rewriteImports(code), code);
      },
    ),
  );
});
