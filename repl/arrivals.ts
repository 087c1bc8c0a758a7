/** Keeps the messages that arrive before somebody is there to show them. */

import type { EventEmitter } from 'node:events';
import type { ChatMessage, Client } from '../core/client-api.ts';

/** Kept at most; of more, the oldest are kept, and `chat.next()` and the screen never see the rest. */
const keptMax = 10_000;

/**
 * A client tells of private messages that an earlier process held back as soon as it is connected, which is before the
 * prompt or the script listens. From now on each message is kept, until the first listener for all messages comes;
 * it is told them then, in their order. Plugins, which listen for one kind of message each, are not told twice.
 */
export function keepArrivals(client: Client): void {
  const kept: ChatMessage[] = [];
  const keep = (message: ChatMessage): void => {
    if (kept.length < keptMax) kept.push(message);
  };
  client.on('messageReceived', keep);
  // The typed events of a client do not list the ones that every emitter has.
  const emitter: EventEmitter = client;
  const release = (event: string | symbol): void => {
    if (event !== 'messageReceived') return;
    emitter.off('newListener', release);
    // A prompt or script attaches all its listeners in one go.
    queueMicrotask(() => {
      client.off('messageReceived', keep);
      for (const message of kept) client.emit('messageReceived', message);
    });
  };
  emitter.on('newListener', release);
}
