/** Answers messages by rules: a pattern, and what to say when it matches. */

import { definePlugin, type PluginDefinition, type Settings } from '../sdk.ts';

const plugin: PluginDefinition<Settings> = definePlugin({
  id: 'auto-reply',
  version: '1.0.0',
  description: 'Answers messages by rules.',
  permissions: ['message.read', 'message.send', 'private.read', 'private.send'],
  config: {
    rules: {
      type: 'array',
      default: [],
      maxItems: 200,
      description: 'the first rule that matches a message answers it',
      items: {
        type: 'object',
        required: ['pattern', 'reply'],
        properties: {
          pattern: { type: 'string', description: 'a regular expression' },
          flags: { type: 'string', default: 'iu', description: 'of the expression' },
          reply: {
            type: 'string',
            description:
              '$1 to $9 stand for what the groups matched, $from for the sender, $$ for $',
          },
          in: { type: 'string', enum: ['group', 'private', 'both'], default: 'both' },
        },
      },
    },
  },
  setup(ctx) {
    const compiled = ctx.config.rules.map((rule, index) => ({
      ...rule,
      expression: compile(rule.pattern, rule.flags, index),
    }));
    for (const event of ['message', 'private'] as const) {
      ctx.on(event, async (message) => {
        const kind = message.type;
        for (const { expression, reply, in: where } of compiled) {
          const match = where === 'both' || where === kind ? expression.exec(message.text) : null;
          if (match !== null) {
            await message.reply(fill(reply, match, message.from));
            return;
          }
        }
      });
    }
    ctx.command({ name: 'rules', description: 'Lists what is answered automatically.' }, () =>
      compiled.length === 0
        ? 'There are no rules.'
        : compiled.map(({ expression, reply }) => `${expression} → ${reply}`).join('\n'),
    );
  },
});

// biome-ignore lint/style/noDefaultExport: a plugin is the default export of its file.
export default plugin;

function compile(pattern: string, flags: string, index: number): RegExp {
  try {
    // Neither flag has a meaning for one look at one message, and both would keep a position between messages.
    return new RegExp(pattern, flags.replaceAll(/[gy]/g, ''));
  } catch (error) {
    throw new SyntaxError(
      `rule ${index + 1}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function fill(reply: string, match: RegExpExecArray, from: string): string {
  return reply.replaceAll(/\$(\$|from\b|[1-9])/g, (_all, name: string) => {
    if (name === '$') return '$';
    return name === 'from' ? from : (match[Number(name)] ?? '');
  });
}
