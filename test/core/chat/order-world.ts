/** What people do to keep order in the group "g", as short calls. */

import type { HubOptions } from '../../../core/chat/hub.ts';
import type { GivenRole } from '../../../core/chat/roles.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { outcome, type TestClient, World } from './world.ts';

export const group = 'g';

export function join(client: TestClient | undefined): string {
  return outcome(client?.ask({ type: 'joinGroup', group }));
}

export function kick(client: TestClient, name: string, reason = ''): string {
  return outcome(client.ask({ type: 'kick', group, name, reason }));
}

export function ban(client: TestClient, name: string, reason = ''): string {
  return outcome(client.ask({ type: 'ban', group, name, reason }));
}

export function mute(client: TestClient, name: string, minutes = 0): string {
  return outcome(client.ask({ type: 'mute', group, name, minutes, reason: 'loud' }));
}

export function give(client: TestClient, name: string, role: GivenRole): string {
  return outcome(client.ask({ type: 'giveRole', group, name, role }));
}

/** A hub that knows what the one before had stored. */
export async function restarted(
  { changes }: World,
  options: Partial<HubOptions> = {},
): Promise<World> {
  const store = new MemoryStore(new Uint8Array(32), options.limits);
  store.write(changes);
  return new World({ ...options, stored: await store.load() });
}
