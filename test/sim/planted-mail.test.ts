/** A bug planted into what remembers kept messages; like those of planted-bugs.test.ts, but met by a story of its own. */

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { MailRecord } from '../../core/store/mail-record.ts';
import { keepTwice } from './kept-twice.ts';
import { replace } from './replacing.ts';

describe('the simulation', () => {
  test('finds it when nobody writes down which kept messages were had', async () => {
    const uproot = replace(MailRecord.prototype, 'has', () => () => false);
    try {
      assert.equal(await keepTwice(), 2);
    } finally {
      uproot();
    }
    assert.equal(await keepTwice(), 1);
  });
});
