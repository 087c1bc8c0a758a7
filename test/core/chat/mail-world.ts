/** Hubs at which messages are left for those who are away. */

import assert from 'node:assert/strict';
import type { HubOptions } from '../../../core/chat/hub.ts';
import { composeMid } from '../../../core/chat/mids.ts';
import type { ServerMessage } from '../../../core/chat/wire.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { identity, processId, type TestClient, World } from './world.ts';

const persons: Readonly<Record<string, number>> = { ann: 1, bob: 2, carl: 3, dora: 4 };

/** Ann is present; bob, carl and dora have names and are away. */
export function away(options: Partial<HubOptions> = {}): { world: World; ann: TestClient } {
  const world = new World(options);
  const ann = world.join('ann', 1, { processId: processId(1) });
  for (const name of ['Bob', 'Carl', 'Dora'])
    world.join(name, persons[name.toLowerCase()] ?? 0).down();
  return { world, ann };
}

/** Has a text of so many bytes kept for somebody. */
export function leave(
  client: TestClient,
  to: string,
  counter: number,
  bytes = 100,
): ServerMessage | undefined {
  const sealed = new Uint8Array(bytes).fill(counter);
  const mid = composeMid(client.process, counter);
  return client.ask({
    type: 'deposit',
    to,
    identity: identity(persons[to.toLowerCase()] ?? 0),
    mid,
    sealed,
  });
}

/** The counters of the envelopes that came, in order. */
export function mailOf(client: TestClient): readonly number[] {
  return client.told('envelope').map(({ sealed }) => sealed[0] ?? 0);
}

/** Settles an envelope that came. */
export function settle(
  client: TestClient,
  at: number,
  outcome: 'delivered' | 'refused' = 'delivered',
): void {
  const { id } = client.told('envelope')[at] ?? assert.fail();
  client.tell({ type: 'settle', id, outcome });
}

/** A hub after a crash: it knows all that the one before had stored. */
export async function restarted(world: World, options: Partial<HubOptions> = {}): Promise<World> {
  const store = new MemoryStore(new Uint8Array(32));
  store.write(world.changes);
  return new World({ ...options, stored: await store.load() });
}
