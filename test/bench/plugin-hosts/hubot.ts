/** Hubot: scripts in the process of the chat, without a wall between them. */

import { Adapter, Robot, TextMessage, User } from 'hubot';
import type { OpenHost, PluginHost } from './host.ts';

export const openHubot: OpenHost = async (onAnswer): Promise<PluginHost> => {
  class BenchAdapter extends Adapter {
    override async send(_envelope: unknown, ...texts: readonly string[]): Promise<void> {
      for (const text of texts) onAnswer(text);
    }
  }
  const robot = new Robot({ use: (of: Robot) => new BenchAdapter(of) }, false, 'bench');
  await robot.loadAdapter();
  const user = new User('ann', { room: 'lab' });
  let handled = 0;
  let at = 0;
  return {
    async load() {
      robot.hear(/^ping (\d+)$/, (response) => response.send(`pong ${response.match[1]}`));
    },
    tell(text) {
      void robot.receive(new TextMessage(user, text, String(at++))).then(() => handled++);
    },
    handled: () => handled,
    pids: () => [],
    async close() {
      robot.shutdown();
    },
  };
};
