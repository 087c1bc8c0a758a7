import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { BanterError } from '../../../core/errors.ts';
import { JsonLines, readPrivate, writePrivate } from '../../../core/store/private-files.ts';
import { temporaryHome } from '../../support/home.ts';

function parseNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** A program that appends lines of 100 bytes until it fails, and tells how many it has then. */
function filler(path: string): readonly string[] {
  const code = `
    import { JsonLines } from ${JSON.stringify(import.meta.resolve('../../../core/store/private-files.ts'))};
    const lines = JsonLines.open(${JSON.stringify(path)}, (value) => value);
    try {
      for (let at = 0; at < 1000; at++) lines.append('x'.repeat(97));
    } catch {
      console.log(lines.items.length);
    }`;
  return [process.execPath, '--input-type=module', '-e', code];
}

/** What using the store fails with. */
function failure(use: () => unknown): BanterError {
  try {
    use();
  } catch (error) {
    assert.ok(error instanceof BanterError);
    return error;
  }
  return assert.fail('it did not fail');
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

describe('a private file', () => {
  it('is its owner’s alone, and so are the folders made for it', (t) => {
    const { path } = temporaryHome(t);
    const file = join(path, 'a', 'b', 'key');
    writePrivate(file, 'secret');
    assert.equal(readPrivate(file), 'secret');
    assert.equal(modeOf(file), 0o600);
    assert.equal(modeOf(join(path, 'a')), 0o700);
    assert.equal(modeOf(join(path, 'a', 'b')), 0o700);
  });

  it('becomes private when it is replaced, and leaves nothing beside it', (t) => {
    const { path } = temporaryHome(t);
    const folder = join(path, 'folder');
    mkdirSync(folder);
    const file = join(folder, 'key');
    writeFileSync(file, 'for all to see', { mode: 0o644 });
    writePrivate(file, 'secret');
    assert.equal(readPrivate(file), 'secret');
    assert.equal(modeOf(file), 0o600);
    assert.deepEqual(readdirSync(folder), ['key']);
  });

  it('that is absent reads as nothing', (t) => {
    assert.equal(readPrivate(join(temporaryHome(t).path, 'nowhere', 'key')), undefined);
  });

  it('in a folder that cannot be used fails with a code and names its path', (t) => {
    const { path } = temporaryHome(t);
    writeFileSync(join(path, 'file'), '');
    const below = join(path, 'file', 'key');
    for (const use of [() => readPrivate(below), () => writePrivate(below, 'secret')]) {
      const { code, message } = failure(use);
      assert.equal(code, 'DATA_UNUSABLE');
      assert.ok(message.includes(below), message);
    }
    assert.equal(failure(() => readPrivate(path)).code, 'DATA_UNUSABLE');
    assert.equal(failure(() => writePrivate(path, 'x')).code, 'DATA_UNUSABLE');
  });
});

describe('JSON lines', () => {
  it('are there again when they are opened again', (t) => {
    const path = join(temporaryHome(t).path, 'folder', 'lines');
    const lines = JsonLines.open(path, parseNumber);
    assert.deepEqual(lines.items, []);
    assert.equal(existsSync(path), false);
    lines.append(1);
    lines.append(2);
    assert.deepEqual(JsonLines.open(path, parseNumber).items, [1, 2]);
    lines.close();
    assert.equal(readFileSync(path, 'utf8'), '1\n2\n');
    assert.equal(modeOf(path), 0o600);
    const again = JsonLines.open(path, parseNumber);
    again.append(3);
    assert.deepEqual(again.items, [1, 2, 3]);
    again.close();
    assert.equal(readFileSync(path, 'utf8'), '1\n2\n3\n');
  });

  it('lose a last line that a crash cut short, wherever it cut', (t) => {
    const { path } = temporaryHome(t);
    for (const torn of ['1', '12', '123', '{"a', 'é'.slice(0, 1), '\u0000\u0000']) {
      const file = join(path, `torn-${torn.length}-${torn.charCodeAt(0)}`);
      writeFileSync(file, `10\n20\n${torn}`);
      const lines = JsonLines.open(file, parseNumber);
      assert.deepEqual(lines.items, [10, 20]);
      lines.append(30);
      lines.close();
      assert.equal(readFileSync(file, 'utf8'), '10\n20\n30\n');
    }
  });

  it('that are damaged before their last line fail and name the line', (t) => {
    const { path } = temporaryHome(t);
    for (const [line, text] of [
      [1, 'x\n20\n'],
      [2, '10\n"text"\n30\n'],
      [3, '10\n20\n\n'],
    ] as const) {
      const file = join(path, `damaged-${line}`);
      writeFileSync(file, text);
      const { code, message } = failure(() => JsonLines.open(file, parseNumber));
      assert.equal(code, 'DATA_UNUSABLE');
      assert.ok(message.includes(`${file}: line ${line} `), message);
    }
  });

  it('can be forgotten, and begin anew', (t) => {
    const path = join(temporaryHome(t).path, 'lines');
    const lines = JsonLines.open(path, parseNumber);
    lines.clear();
    assert.equal(existsSync(path), false);
    lines.append(1);
    lines.clear();
    assert.deepEqual(lines.items, []);
    assert.equal(readFileSync(path, 'utf8'), '');
    lines.append(2);
    lines.close();
    assert.deepEqual(JsonLines.open(path, parseNumber).items, [2]);
  });

  it('do not take half a line when the disk is full', async (t) => {
    const { path } = temporaryHome(t);
    const file = join(path, 'lines');
    // A limit on the size of files is the disk that this process can fill.
    const shell = spawn(
      'sh',
      ['-c', 'trap "" XFSZ; ulimit -f 1; exec "$0" "$@"', ...filler(file)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const taken = Number(await text(shell.stdout));
    const lines = JsonLines.open(file, (value) => (typeof value === 'string' ? value : undefined));
    assert.ok(taken > 0);
    assert.equal(lines.items.length, taken);
    lines.append('once there is room again');
    lines.close();
    assert.equal(readFileSync(file, 'utf8').split('\n').length, taken + 2);
  });

  it('do not take what cannot be written, and say so', (t) => {
    const { path } = temporaryHome(t);
    const folder = join(path, 'folder');
    const lines = JsonLines.open(join(folder, 'lines'), parseNumber);
    appendFileSync(folder, 'a file where the folder should be');
    const { code, message } = failure(() => lines.append(1));
    assert.equal(code, 'DATA_UNUSABLE');
    assert.ok(message.includes(join(folder, 'lines')));
    assert.deepEqual(lines.items, []);
  });
});
