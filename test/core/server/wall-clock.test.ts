import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedNetwork } from '../../../core/net/simulated.ts';
import { wallClockOf } from '../../../core/server/wall-clock.ts';

test('a server catches up with a clock that is set forward or a machine that slept, and never goes back', async () => {
  const network = new SimulatedNetwork({ seed: 1 });
  const environment = network.host('10.0.0.1');
  const wallClock = wallClockOf(environment);
  const tell = (): number => wallClock(environment.now()) - Date.UTC(2026, 0, 1);
  const told = [tell()];
  network.jump('10.0.0.1', 3_600_000);
  told.push(tell());
  network.jump('10.0.0.1', -1_800_000);
  told.push(tell());
  await network.run(1000);
  told.push(tell());
  network.pause('10.0.0.1', 'stands');
  await network.run(7_200_000);
  network.resume('10.0.0.1');
  told.push(tell());
  assert.deepEqual(told, [0, 3_600_000, 3_600_000, 3_601_000, 7_200_000 + 1_800_000]);
});
