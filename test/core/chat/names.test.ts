import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkName, foldName, nameBytesMax } from '../../../core/chat/names.ts';

const good =
  `bob Bob a user_1 x.y-z 007 -. l1l zoë ñandú ß зоя 日本 日本語カタカナひらがな 東京タワー ラーメン 한국어 漢字한글
  मोहन محمد abc123 Ωμέγα ไทย தமிழ்`.split(/\s+/);

describe('checkName', () => {
  for (const name of good) {
    it(`accepts ${name}`, () => assert.equal(checkName(name), undefined));
  }

  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['an empty name', '', /empty/],
    ['33 code points', 'a'.repeat(33), /longer/],
    ['33 code points of two units', '𠀀'.repeat(33), /longer/],
    ['a megabyte', 'a'.repeat(1 << 20), /longer/],
    ['a space', 'bob ', /other than/],
    ['a semicolon', 'a;b', /other than/],
    ['a line break', 'a\nb', /other than/],
    ['an escape', 'a\u001b[31m', /other than/],
    ['a zero-width space', 'b\u200bob', /other than/],
    ['a zero-width joiner', 'a\u200db', /other than/],
    ['a direction override', 'bob\u202e', /other than/],
    ['half a surrogate pair', 'a\ud800', /other than/],
    ['an emoji', '😀', /other than/],
    ['full-width letters', 'ｂｏｂ', /compatibility/],
    ['mathematical letters', '𝐛𝐨𝐛', /compatibility/],
    ['a long s', 'ſerver', /compatibility/],
    ['a decomposed accent', 'zoe\u0308', /compatibility/],
    ['a Greek letter among Latin', 'bοb', /mixes/],
    ['a Cyrillic letter among Latin', 'раypal', /mixes/],
    ['Latin among Han', 'a日本', /mixes/],
    ['an Arabic digit among Latin', 'bob\u0661', /mixes/],
    ['a mark of another script', 'bob\u093f', /mixes/],
    ['a historic script', '𐌰𐌱', /historic/],
    ['server', 'server', /reserved/],
    ['server in capitals', 'SerVer', /reserved/],
  ];
  for (const [claim, name, reason] of bad) {
    it(`refuses ${claim}`, () => assert.match(checkName(name) ?? 'accepted', reason));
  }

  it('counts code points, not units or bytes', () => {
    const name = '𠀀'.repeat(32);
    assert.equal(checkName(name), undefined);
    assert.equal(new TextEncoder().encode(name).length, nameBytesMax);
  });

  it('never accepts what is longer, unstable or outside the alphabet', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (name) => {
        if (checkName(name) !== undefined) return;
        const points = [...name];
        assert.ok(points.length >= 1 && points.length <= 32);
        assert.equal(name.normalize('NFKC'), name);
        assert.ok(points.every((point) => /^[\p{L}\p{N}\p{M}._-]$/u.test(point)));
        assert.notEqual(name.toLowerCase(), 'server');
      }),
    );
  });

  it('accepts every name of ASCII letters, digits, ".", "_" and "-" but "server"', () => {
    const letter = fc.constantFrom(...'abcXYZ0189._-');
    fc.assert(
      fc.property(fc.string({ unit: letter, minLength: 1, maxLength: 32 }), (name) => {
        assert.equal(checkName(name), undefined);
      }),
    );
  });
});

describe('foldName', () => {
  for (const [a, b] of [
    ['Bob', 'bOB'],
    ['straße', 'STRASSE'],
    ['straße', 'STRAẞE'],
    ['ΣΟΦΟΣ', 'σοφος'],
    ['σοφοσ', 'σοφος'],
    ['ＢＯＢ', 'bob'],
    ['zoe\u0308', 'ZOË'],
  ] as const) {
    it(`takes ${a} for ${b}`, () => assert.equal(foldName(a), foldName(b)));
  }

  it('is idempotent and blind to case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
        const folded = foldName(text);
        assert.equal(foldName(folded), folded);
        assert.equal(foldName(text.toUpperCase()), folded);
        assert.equal(foldName(text.toLowerCase()), folded);
      }),
      { numRuns: 2000 },
    );
  });
});
