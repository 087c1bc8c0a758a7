/** Trying again: what passes is waited for, what does not is told at once. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience, pauseMs } from '../../bots/patience.ts';
import { BanterError } from '../../core/index.ts';

function fail(
  code: 'SERVER_UNREACHABLE' | 'STORE_FULL' | 'NAME_TAKEN' | 'ADDRESS_INVALID',
  cause?: unknown,
): () => never {
  return () => {
    throw new BanterError(code, 'no', { cause });
  };
}

/** Insists once, and gives up in the first pause. */
async function pauses(attempt: () => never): Promise<number> {
  const stop = new AbortController();
  let told = 0;
  const patience = new Patience(stop.signal, () => {
    told++;
    stop.abort();
  });
  await assert.rejects(patience.insist(async () => attempt()));
  return told;
}

test('a server that is away or cannot be looked up is waited for', async () => {
  assert.equal(await pauses(fail('SERVER_UNREACHABLE')), 1);
  const lookup = Object.assign(new Error('lookup'), { code: 'EAI_AGAIN' });
  assert.equal(await pauses(fail('ADDRESS_INVALID', lookup)), 1);
});

test('a server whose disk is full is waited for', async () => {
  assert.equal(await pauses(fail('STORE_FULL')), 1);
});

test('a refusal is not', async () => {
  assert.equal(await pauses(fail('NAME_TAKEN')), 0);
  assert.equal(await pauses(fail('ADDRESS_INVALID')), 0);
});

test('pauses grow from one second to thirty, and differ by up to half', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 100, Number.MAX_SAFE_INTEGER].map((tries) =>
    pauseMs(tries, 1, 0),
  );
  assert.deepEqual(ceilings, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.equal(pauseMs(0, 0, 0), 500);
});

test('nobody comes again before the time that the server said', () => {
  assert.equal(pauseMs(0, 0, 60_000), 60_500);
});
