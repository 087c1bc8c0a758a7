/** The last word of a server that will be back. */

import { controlConversation, serverCodec } from '../chat/wire.ts';
import type { Driver } from '../net/driver.ts';
import type { Environment } from '../net/transport.ts';
import type { Endpoint } from '../protocol/endpoint.ts';

/** Clients have this long to hear that the server will be back, be it at the second try. Milliseconds. */
const announcementMs = 200;

/** Tells all clients after how many milliseconds it will be back, if it will. Resolves when they have had the time to hear of it. */
export function announce(
  endpoint: Endpoint,
  driver: Driver | undefined,
  environment: Environment,
  returnMs: number | undefined,
): Promise<void> {
  if (returnMs === undefined) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const message = serverCodec.encode({ type: 'restarting', returnMs: Math.ceil(returnMs) });
  endpoint.sendAll(controlConversation, message);
  driver?.wake();
  environment.setTimer(resolve, announcementMs);
  return promise;
}
