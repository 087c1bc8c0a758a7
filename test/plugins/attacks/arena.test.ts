import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTime, ownCpuMs } from './arena.ts';

function burn(ms: number): void {
  const end = ownCpuMs() + ms;
  while (ownCpuMs() < end);
}

test('an attack that stalls the chat process would be noticed', async () => {
  await assert.rejects(
    inTime(async () => burn(150)),
    /the chat process stalled for 1\d\d/,
  );
});

test('an attack that keeps the chat process busy in small turns would be noticed', async () => {
  const busy = async (): Promise<void> => {
    for (let turn = 0; turn < 40; turn++) {
      burn(30);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
  await assert.rejects(inTime(busy), /the chat process needed 1\d{3}/);
});
