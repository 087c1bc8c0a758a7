/** The one rule for a line: command or JavaScript. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Script } from 'node:vm';
import fc from 'fast-check';
import { commandTable, dotForms, takesVerbatimText } from '../../../repl/commands/index.ts';
import { classifyLine, shadowedCommand } from '../../../repl/line.ts';

const vocabulary = { commands: commandTable, dotForms };

/** `name|tail` of a command, else the kind of line. */
function classify(line: string): string {
  const result = classifyLine(line, vocabulary);
  return result.type === 'command' ? `${result.command.name}|${result.tail}` : result.type;
}

const cases: Readonly<Record<string, string>> = {
  '': 'empty',
  '   ': 'empty',
  list_groups: 'list_groups|',
  '  list_groups  ': 'list_groups|',
  'join_group ops': 'join_group|ops',
  'join_group -ops': 'join_group|-ops',
  'join_group .ops': 'join_group|.ops',
  [`send bob it's "fine" (really)`]: `send|bob it's "fine" (really)`,
  'send bob = 3': 'send|bob = 3',
  'send = 3': 'send|= 3',
  'send_group + 1': 'send_group|+ 1',
  '/send bob hi': 'send|bob hi',
  '/join_group = 3': 'join_group|= 3',
  '.help': 'help|',
  '.plugins': 'plugin|list',
  "send('bob', 'hi')": 'javascript',
  'send.x': 'javascript',
  'list_groups;': 'javascript',
  'help = 3': 'javascript',
  'help + 1': 'javascript',
  'help - 1': 'javascript',
  'help -1': 'javascript',
  'help ? 1 : 2': 'javascript',
  'help (1)': 'javascript',
  'help .name': 'help|.name',
  ';help': 'javascript',
  '/help/.test(x)': 'javascript',
  '/unknown x': 'javascript',
  'unknown x': 'javascript',
  '.then(x)': 'javascript',
  'switch (x) {': 'javascript',
  "import x from 'y'": 'javascript',
  'const send = 1': 'javascript',
};

for (const [line, expected] of Object.entries(cases)) {
  test(`takes ${JSON.stringify(line)} as ${expected}`, () => {
    assert.equal(classify(line), expected);
  });
}

test('hands JavaScript over without its semicolon mark', () => {
  const line = classifyLine('; help', vocabulary);
  assert.deepEqual(line, { type: 'javascript', source: ' help' });
});

test('no command has the name of a reserved word', () => {
  for (const name of commandTable.keys()) {
    assert.doesNotThrow(() => new Script(`let ${name} = 1; async () => { let ${name}; }`), name);
    assert.match(name, /^[a-z]+(_[a-z]+)*$/);
  }
});

test('only the last parameter of a command is a text, and none is required behind an optional one', () => {
  for (const { name, parameters } of commandTable.values()) {
    const types = parameters.map((parameter) => parameter.type);
    assert.ok(!types.slice(0, -1).includes('text'), name);
    const optional = parameters.map((parameter) => parameter.optional === true);
    assert.deepEqual(optional, [...optional].sort(), name);
  }
});

test('the example of every command is a line that calls it', () => {
  for (const { example, name } of commandTable.values()) {
    assert.ok(classify(example).startsWith(`${name}|`), example);
  }
});

test('any tail of a command with a message reaches it verbatim', () => {
  const verbatim = [...commandTable.values()].filter(takesVerbatimText);
  assert.deepEqual(
    verbatim.map(({ name }) => name),
    ['send', 'send_group', 'search'],
  );
  fc.assert(
    fc.property(fc.constantFrom(...verbatim), fc.string({ minLength: 1 }), (command, text) => {
      const tail = text.replaceAll('\n', ' ').trim();
      fc.pre(tail !== '');
      assert.equal(classify(`${command.name} ${tail}`), `${command.name}|${tail}`);
    }),
  );
});

test('a call, a member and an assignment are JavaScript whatever follows', () => {
  const name = fc.constantFrom(
    ...[...commandTable.values()]
      .filter((command) => !takesVerbatimText(command))
      .map((command) => command.name),
  );
  fc.assert(
    fc.property(
      name,
      fc.constantFrom('(', '.x', ' = ', ' += ', ' && ', '[0]'),
      fc.string(),
      (word, glue, rest) => {
        assert.equal(classify(word + glue + rest), 'javascript');
      },
    ),
  );
});

test('notices variables that a command wins over', () => {
  assert.equal(shadowedCommand('const help = 1', commandTable), 'help');
  assert.equal(shadowedCommand('function send() {}', commandTable), 'send');
  assert.equal(shadowedCommand('const helper = 1', commandTable), undefined);
});
