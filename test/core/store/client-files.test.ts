import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { PrivateMessage } from '../../../core/chat/types.ts';
import { BanterError } from '../../../core/errors.ts';
import { ClientFiles, Journal, PeerPins, ServerPin } from '../../../core/store/client-files.ts';
import { MailRecord } from '../../../core/store/mail-record.ts';
import { temporaryHome } from '../../support/home.ts';

const server = 'localhost:6666';
const keyOf = (digit: string): string => digit.repeat(64);
const newSeed = (): Uint8Array => new Uint8Array(32).fill(7);

const message: PrivateMessage = {
  type: 'private',
  mid: 'ab'.repeat(16),
  from: 'Zoë',
  text: 'two\nlines\u2028and \u0000 more',
  sentAtMs: 1_700_000_000_000,
  bot: true,
  hops: 3,
  heldBack: true,
  kept: false,
};

function isUnusable(error: unknown): boolean {
  return error instanceof BanterError && error.code === 'DATA_UNUSABLE';
}

describe('the pin of a server', () => {
  it('is kept for all names of a person, apart from other servers’', (t) => {
    const { path } = temporaryHome(t);
    const pin = new ServerPin(path, server);
    assert.equal(pin.read(), undefined);
    pin.write(keyOf('a'));
    assert.deepEqual(new ServerPin(path, server).read(), new Uint8Array(32).fill(0xaa));
    assert.equal(new ServerPin(path, 'localhost:6667').read(), undefined);
  });

  it('that is damaged is an error, and not a first contact', (t) => {
    const { path } = temporaryHome(t);
    const pin = new ServerPin(path, server);
    pin.write('damaged');
    assert.throws(() => pin.read(), isUnusable);
  });
});

describe('the pins of peers', () => {
  it('are kept and can be forgotten', (t) => {
    const file = join(temporaryHome(t).path, 'peers.json');
    const pins = new PeerPins(file);
    assert.equal(pins.key('Ann'), undefined);
    pins.pin('Ann', keyOf('a'));
    pins.pin('__proto__', keyOf('b'));
    const again = new PeerPins(file);
    assert.equal(again.key('Ann'), keyOf('a'));
    assert.equal(again.key('__proto__'), keyOf('b'));
    assert.equal(again.forget('Ann'), true);
    assert.equal(again.forget('Ann'), false);
    assert.equal(new PeerPins(file).key('Ann'), undefined);
  });

  it('that are damaged are an error, and not a first contact with everybody', (t) => {
    const file = join(temporaryHome(t).path, 'peers.json');
    for (const text of ['', '{', '[]', 'null', '{"Ann":"key"}', '{"Ann":1}']) {
      writeFileSync(file, text);
      assert.throws(() => new PeerPins(file), isUnusable, text);
    }
  });

  it('without a file live as long as the process', () => {
    const pins = new PeerPins(undefined);
    pins.pin('Ann', keyOf('a'));
    assert.equal(pins.key('Ann'), keyOf('a'));
  });
});

describe('the record of kept messages that were had', () => {
  const [ann, bob] = [keyOf('a'), keyOf('b')];
  const midOf = (number: number): string => number.toString(16).padStart(32, '0');

  it('outlives the process, and tells senders apart', (t) => {
    const file = join(temporaryHome(t).path, 'mail.jsonl');
    const record = new MailRecord(file);
    record.add(ann, midOf(1));
    record.add(ann, midOf(1));
    record.add(bob, midOf(2));
    record.close();
    const again = new MailRecord(file);
    assert.deepEqual(
      [ann, bob].map((key) => [1, 2].map((number) => again.has(key, midOf(number)))),
      [
        [true, false],
        [false, true],
      ],
    );
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 3);
  });

  it('remembers the newest 10,000, in a file that does not grow for ever', (t) => {
    const file = join(temporaryHome(t).path, 'mail.jsonl');
    const line = (number: number): string =>
      `${JSON.stringify({ key: ann, mid: midOf(number) })}\n`;
    writeFileSync(file, Array.from({ length: 20_000 }, (_, at) => line(at)).join(''));
    const record = new MailRecord(file);
    record.add(ann, midOf(20_000));
    assert.deepEqual(
      [10_000, 10_001, 20_000].map((number) => record.has(ann, midOf(number))),
      [false, true, true],
    );
    record.close();
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 10_002);
    assert.ok(new MailRecord(file).has(ann, midOf(10_001)));
  });

  it('that is damaged is an error', (t) => {
    const file = join(temporaryHome(t).path, 'mail.jsonl');
    for (const text of ['{', '[]', 'null', `{"key":"${ann}"}`, `{"key":"x","mid":"${midOf(1)}"}`]) {
      writeFileSync(file, `${text}\n`);
      assert.throws(() => new MailRecord(file), isUnusable, text);
    }
  });
});

describe('the journal', () => {
  it('keeps what was acknowledged and not shown, with every character', (t) => {
    const file = join(temporaryHome(t).path, 'held-back.jsonl');
    const journal = new Journal(file);
    journal.append(message);
    const again = new Journal(file);
    assert.deepEqual(again.messages, [message]);
    again.clear();
    again.close();
    assert.deepEqual(new Journal(file).messages, []);
    journal.close();
  });

  it('without a file lives as long as the process', () => {
    const journal = new Journal(undefined);
    journal.append(message);
    assert.deepEqual(journal.messages, [message]);
    journal.clear();
    assert.deepEqual(journal.messages, []);
    journal.close();
  });
});

describe('the files of a client', () => {
  it('are one identity for a server and a name, whatever its case', (t) => {
    const { path } = temporaryHome(t);
    let made = 0;
    const seeds = (): Uint8Array => new Uint8Array(32).fill(++made);
    const seedOf = (where: string, name: string): number => {
      const files = new ClientFiles(path, where, name, seeds);
      files.close();
      return files.seed[0] ?? 0;
    };
    assert.equal(seedOf(server, 'Ann'), 1);
    assert.equal(seedOf(server, 'ANN'), 1);
    assert.equal(seedOf(server, 'Bob'), 2);
    assert.equal(seedOf('other:6666', 'Ann'), 3);
  });

  it('fit every name that may be used, the longest included', (t) => {
    const { path } = temporaryHome(t);
    for (const name of ['漢'.repeat(32), '𐐀'.repeat(32), 'é'.repeat(32), 'a'.repeat(32)]) {
      const files = new ClientFiles(path, server, name, newSeed);
      files.journal.append(message);
      files.close();
      const again = new ClientFiles(path, server, name, () => assert.fail('lost its seed'));
      assert.deepEqual(again.journal.messages, [message]);
      again.close();
    }
  });

  it('stay below their folder, whatever the names', (t) => {
    const { path } = temporaryHome(t);
    const folder = join(path, 'inside', 'data');
    const names = [
      '..',
      '.',
      '../..',
      '/etc',
      'a/b',
      'a\\b',
      'nul\u0000',
      '-',
      '_',
      'a.b',
      'a%2Fb',
    ];
    const made = names.map((name) => {
      const files = new ClientFiles(folder, name, name, newSeed);
      files.journal.append(message);
      files.close();
      return name;
    });
    assert.equal(readdirSync(join(folder, 'servers')).length, made.length);
    assert.deepEqual(readdirSync(join(path, 'inside')), ['data']);
    assert.deepEqual(readdirSync(folder), ['servers']);
  });

  it('without a folder leave no trace', () => {
    const files = new ClientFiles(undefined, server, 'Ann', newSeed);
    assert.deepEqual(files.seed, newSeed());
    files.pins.pin('Bob', keyOf('b'));
    files.journal.append(message);
    files.close();
  });

  it('cannot be in a folder that cannot be made', (t) => {
    const { path } = temporaryHome(t);
    mkdirSync(join(path, 'servers'));
    writeFileSync(join(path, 'servers', 'localhost%3A6666'), 'a file');
    assert.throws(() => new ClientFiles(path, server, 'Ann', newSeed), isUnusable);
  });
});
