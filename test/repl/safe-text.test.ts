/** Text of others never controls the terminal. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { safeOutput, safeText } from '../../repl/safe-text.ts';

const samples: Readonly<Record<string, readonly [hostile: string, shown: string]>> = {
  'clears the screen': ['\x1b[2Jx', '␛[2Jx'],
  'sets a colour': ['\x1b[31mred', '␛[31mred'],
  'sets the title, ended by BEL': ['\x1b]0;pwned\x07x', '␛]0;pwned␇x'],
  'sets the title, ended by ST': ['\x1b]0;pwned\x1b\\x', '␛]0;pwned␛\\x'],
  'writes the clipboard': ['\x1b]52;c;ZXZpbA==\x07x', '␛]52;c;ZXZpbA==␇x'],
  'forges a link': ['\x1b]8;;http://evil\x07click\x1b]8;;\x07', '␛]8;;http://evil␇click␛]8;;␇'],
  'sends a device control string': ['\x1bP$q"p\x1b\\x', '␛P$q"p␛\\x'],
  'sends an application command': ['\x1b_Gf=100;AAAA\x1b\\x', '␛_Gf=100;AAAA␛\\x'],
  'sends a privacy message': ['\x1b^hi\x1b\\x', '␛^hi␛\\x'],
  'sends a start of string': ['\x1bXhi\x1b\\x', '␛Xhi␛\\x'],
  'uses the C1 form of CSI': ['\x9b2Jx', '\\x9b2Jx'],
  'uses the C1 form of OSC': ['\x9d0;pwned\x9cx', '\\x9d0;pwned\\x9cx'],
  'resets the terminal': ['\x1bcx', '␛cx'],
  'saves and restores the cursor': ['\x1b7x\x1b8', '␛7x␛8'],
  'switches the character set': ['\x1b(0lqk', '␛(0lqk'],
  'forges a prompt with a carriage return': ['hello\rann> fake', 'hello␍ann> fake'],
  'overwrites with backspaces': ['abc\b\b\bXYZ', 'abc␈␈␈XYZ'],
  'forges a line with a newline': ['hi\nann> send bob fake', 'hi ⏎ ann> send bob fake'],
  'rings the bell': ['x\x07\x07', 'x␇␇'],
  'leaves an OSC open': ['\x1b]0;title never ends', '␛]0;title never ends'],
  'leaves a CSI open': ['\x1b[', '␛['],
  'ends in a lone escape': ['a\x1b', 'a␛'],
  'nests escapes that re-form': ['\x1b\x1b[2J[2Jx', '␛␛[2J[2Jx'],
  'splits an escape with another': ['\x1b[\x1b[31m2Jx', '␛[␛[31m2Jx'],
  'uses vertical tab and form feed': ['a\x0bb\x0cc', 'a␋b␌c'],
  'uses DEL': ['a\x7fb', 'a␡b'],
  'turns the direction around': ['abc\u202Efed', 'abc⟨U+202E⟩fed'],
  'isolates a direction': ['\u2066x\u2069', '⟨U+2066⟩x⟨U+2069⟩'],
  'hides a character': ['b\u200bob', 'bob'],
  'smuggles tag characters': ['x\u{E0041}\u{E0042}', 'x'],
  'uses the line separator': ['a\u2028b', 'a ⏎ b'],
  'uses a CSI with an intermediate': ['\x1b[1$}x', '␛[1$}x'],
  'asks for a report': ['\x1b[6nx', '␛[6nx'],
  'switches to the other screen': ['\x1b[?1049hx', '␛[?1049hx'],
  'draws with sixels': ['\x1bPq#0;2;0;0;0\x1b\\x', '␛Pq#0;2;0;0;0␛\\x'],
  'stacks combining marks': [`a${'\u0301'.repeat(30)}`, `a${'\u0301'.repeat(4)}`],
};

for (const [claim, [hostile, shown]] of Object.entries(samples)) {
  test(`shows text that ${claim} harmlessly`, () => {
    assert.equal(safeText(hostile), shown);
  });
}

test('knows all 36 samples', () => {
  assert.equal(Object.keys(samples).length, 36);
});

test('keeps emoji families, presentation selectors and joined scripts', () => {
  for (const text of ['👩‍👩‍👧 ok', '❤️', 'می‌خواهم', 'zoë', '日本語'])
    assert.equal(safeText(text), text);
});

test('cuts long text and says how much is missing', () => {
  assert.equal(safeText('abcdef', { lengthMax: 4 }), 'abcd… (2 more)');
});

test('indents the lines of a multi-line text', () => {
  assert.equal(safeText('a\r\nb', { multiline: true }), 'a\n  b');
});

test('keeps colours, tabs and line breaks of own output, and nothing else', () => {
  assert.equal(safeOutput('\x1b[31mred\x1b[0m\n\tx\x1b[2J'), '\x1b[31mred\x1b[0m\n\tx␛[2J');
});

const hostileText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\x1b', '[', ']', '\x9b', '\r', '\b', '\x07', '\n', '31m', '\u202e', '\ud800'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
});

test('lets no control, direction or unpaired surrogate character through', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const shown = safeText(text);
      assert.doesNotMatch(shown, /[\p{Cc}\p{Bidi_Control}\p{Cs}]/u);
    }),
  );
});

test('is stable: making harmless text harmless changes nothing but stacked marks', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const shown = safeText(text, { lengthMax: 1e6 });
      assert.equal(safeText(shown, { lengthMax: 1e6 }), shown);
    }),
  );
});

const colour = new RegExp(`${String.fromCharCode(27)}\\[[0-9;:]*m`, 'g');

test('lets only colour sequences through in own output', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const rest = safeOutput(text).replaceAll(colour, '');
      assert.doesNotMatch(rest.replace(/[\n\t]/g, ''), /[\p{Cc}\p{Bidi_Control}]/u);
    }),
  );
});
