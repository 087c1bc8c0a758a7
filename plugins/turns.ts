/** Which plugins have their turn at the child, and with what. */

import type { HostCommand } from './bridge.ts';
import type { HostedPlugin } from './plugin.ts';

/**
 * Hands over what waits: loads, and batches of events, of which those that are the same for several plugins go together.
 * Suspects have their turns one at a time, so that the next death names its culprit.
 */
export function handOut(
  plugins: readonly HostedPlugin[],
  bootstrap: string,
  nowMs: number,
  send: (command: HostCommand) => void,
): void {
  let suspectAtWork = plugins.some((plugin) => plugin.busy && plugin.suspected(nowMs));
  const slotsByEvents = new Map<string, number[]>();
  for (const plugin of plugins) {
    const suspected = plugin.suspected(nowMs);
    if (suspected && suspectAtWork) continue;
    const work = plugin.takeWork(nowMs);
    if (work === undefined) continue;
    suspectAtWork ||= suspected;
    if (work === 'load') {
      send({ type: 'load', slot: plugin.slot, bootstrap, code: plugin.bundle.code });
    } else {
      const events = `[${work.map(({ json }) => json).join()}]`;
      const slots = slotsByEvents.get(events) ?? [];
      slots.push(plugin.slot);
      slotsByEvents.set(events, slots);
    }
  }
  for (const [events, slots] of slotsByEvents) send({ type: 'dispatch', slots, events });
}
