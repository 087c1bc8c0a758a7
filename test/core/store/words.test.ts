import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contains, phrasesOf, wordsOf } from '../../../core/store/words.ts';

describe('the words of a text', () => {
  it('know neither case nor accents nor what stands between them', () => {
    assert.deepEqual(wordsOf('Überall, naïve CAFÉS — 3.14!'), [
      'uberall',
      'naive',
      'cafes',
      '3',
      '14',
    ]);
    assert.deepEqual(wordsOf('?! … —'), []);
    assert.deepEqual(wordsOf('ﬁne １２'), ['fine', '12']);
  });

  it('are single characters where a script has no spaces, and emoji', () => {
    assert.deepEqual(wordsOf('日本語 ok 👍'), ['日', '本', '語', 'ok', '👍']);
    assert.deepEqual(wordsOf('v2日本'), ['v2', '日', '本']);
  });

  it('are known by their beginning when they are endless', () => {
    assert.deepEqual(wordsOf('x'.repeat(60_000)), ['x'.repeat(64)]);
  });
});

describe('what is sought', () => {
  it('is all its phrases, in whatever order', () => {
    const text = "Don't restart the server at 10:30, Ann said";
    for (const words of ['server ann', "DON'T", 'ann server 10:30', 'the  restart']) {
      assert.equal(contains(text, phrasesOf(words)), true, words);
    }
    for (const words of ['serve', "t'don", 'bob server', '30:10']) {
      assert.equal(contains(text, phrasesOf(words)), false, words);
    }
    assert.equal(contains('東京は日本の首都', phrasesOf('日本')), true);
    assert.equal(contains('東京は本日休み', phrasesOf('日本')), false);
  });

  it('is nothing where there is no word, and no more than 32 phrases', () => {
    assert.deepEqual(phrasesOf('  … "" '), []);
    assert.equal(contains('anything', []), false);
    assert.equal(phrasesOf('a '.repeat(1000)).length, 32);
  });
});
