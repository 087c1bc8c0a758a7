/** Rolls dice: `!roll 2d6+1`. */

import { definePlugin, type PluginDefinition, type Settings } from '../sdk.ts';

const diceMax = 100;
const sidesMax = 1000;

const plugin: PluginDefinition<Settings> = definePlugin({
  id: 'dice',
  version: '1.0.0',
  description: 'Rolls dice.',
  permissions: ['message.read', 'message.send', 'private.read', 'private.send'],
  config: {
    sides: { type: 'number', default: 6, description: 'sides of a die, where nobody says' },
  },
  setup(ctx) {
    ctx.command(
      {
        name: 'roll',
        description: 'Rolls dice.',
        args: [
          {
            name: 'dice',
            type: 'rest',
            optional: true,
            description: 'how many, of how many sides, and what to add',
          },
        ],
        example: '!roll 2d6+1',
      },
      ({ rest, usage, message }) => {
        const [all, dice = '1', sides = `${ctx.config.sides}`, sign = '+', more = '0'] =
          /^(\d{1,3})?(?:d(\d{1,4}))?(?:([+-])(\d{1,6}))?$/.exec(rest.replaceAll(/\s/g, '')) ?? [];
        const [count, faces] = [Number(dice), Number(sides)];
        if (all === undefined || count < 1 || count > diceMax || faces < 2 || faces > sidesMax) {
          return `${usage} At most ${diceMax} dice of 2 to ${sidesMax} sides.`;
        }
        const rolled = Array.from({ length: count }, () => 1 + Math.floor(Math.random() * faces));
        const sum = rolled.reduce((total, face) => total + face, Number(`${sign}${more}`));
        const shown =
          count > 1 || more !== '0'
            ? ` (${rolled.join(' ')}${more === '0' ? '' : ` ${sign}${more}`})`
            : '';
        return `${message.from} rolled ${sum}${shown}`;
      },
    );
  },
});

// biome-ignore lint/style/noDefaultExport: a plugin is the default export of its file.
export default plugin;
