/** A short slice of the fuzzing, what once broke, and that the fuzzer finds what breaks. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientCodec, serverCodec } from '../../core/chat/wire.ts';
import { toHex } from '../../core/protocol/bytes.ts';
import {
  bytesOf,
  type FramesEntry,
  framesInput,
  type MessageEntry,
  messageInput,
  type RegressionEntry,
  readCorpus,
} from './corpus.ts';
import { fuzz, replay } from './engine.ts';
import { claim, type FuzzTarget } from './target.ts';
import { fuzzTargets } from './targets.ts';

const executions = 20_000;
const seed = 1;

describe('whatever takes bytes from strangers', () => {
  for (const target of fuzzTargets) {
    it(`takes what makes almost sense: ${target.name}`, () => {
      const crash = fuzz({
        targets: [target],
        executions: Math.round((executions * target.share) / 32),
        seed,
      });
      if (crash === undefined) return;
      assert.fail(`${crash.error}\n${crash.inputs.map(toHex).join('\n')}`);
    });
  }

  for (const { about, target: name, inputs } of readCorpus<RegressionEntry>('regressions')) {
    it(`takes ${about}`, () => {
      const target = fuzzTargets.find((each) => each.name === name);
      assert.ok(target !== undefined, name);
      assert.equal(replay(target, inputs.map(bytesOf)), undefined);
    });
  }
});

describe('the corpus', () => {
  it('is understood by those whom it is for', () => {
    for (const entry of readCorpus<MessageEntry>('requests')) {
      const input = messageInput(clientCodec, { ...entry, before: '' });
      assert.equal(clientCodec.decode(input)?.type, entry.message.type, entry.about);
    }
    for (const entry of readCorpus<MessageEntry>('news')) {
      const input = messageInput(serverCodec, { ...entry, before: '' });
      assert.equal(serverCodec.decode(input)?.type, entry.message.type, entry.about);
    }
    for (const entry of readCorpus<FramesEntry>('frames')) {
      assert.ok(framesInput(entry).length > 0, entry.about);
    }
  });
});

describe('the fuzzer', () => {
  /** Breaks when it has had a 7 and an 8, in this order, and much else. */
  const fragile: FuzzTarget = {
    name: 'fragile',
    share: 1,
    corpus: [Uint8Array.of(7), Uint8Array.of(1, 2, 3)],
    inputsPerLife: 50,
    intact: 0.5,
    begin: () => {
      let hadSeven = false;
      return (input) => {
        claim(!(hadSeven && input[0] === 8), 'no 8 comes after a 7');
        hadSeven ||= input[0] === 7;
      };
    },
  };
  const options = { targets: [fragile], executions: 10_000, seed };

  it('finds what breaks a target, and leaves nothing in its inputs that is not needed', () => {
    const crash = fuzz(options);
    assert.equal(crash?.inputs.length, 2);
    assert.deepEqual(
      crash.inputs.map(([first]) => first),
      [7, 8],
    );
    assert.notEqual(replay(fragile, crash.inputs), undefined);
    assert.equal(replay(fragile, crash.inputs.slice(1)), undefined);
  });

  it('does the same again for the same seed', () => {
    assert.deepEqual(fuzz(options)?.inputs, fuzz(options)?.inputs);
  });
});
