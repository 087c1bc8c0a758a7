/** Events that a plugin is told only if it listens: most listen to few, and what nobody hears need not go to the child. */

export const heardEvents = [
  'message',
  'private',
  'joined',
  'left',
  'removed',
  'gap',
  'connected',
  'disconnected',
] as const;

export type HeardEvent = (typeof heardEvents)[number];

/** Whether nobody is told an event of this type unless it listens. */
export function isHeardOnly(type: string): type is HeardEvent {
  // `includes` asks for a value of the list's own type.
  return (heardEvents as readonly string[]).includes(type);
}
