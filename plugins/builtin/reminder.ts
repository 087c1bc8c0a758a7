/** Reminds people of what they asked for, over restarts: `!remind 10m tea`. */

import {
  definePlugin,
  type GroupMessage,
  type Incoming,
  type PluginDefinition,
  type PluginStorage,
  type PrivateMessage,
  type Settings,
} from '../sdk.ts';

/** What a task carries; what to say is kept under its key, and whoever says it takes it away. */
interface Reminder {
  readonly to: string;
  /** The group where it was asked for; absent if that was private. */
  readonly group?: string;
}

interface Kept {
  readonly text: string;
}

const waitingMax = 20;
const charactersMax = 500;
const yearMs = 31_536_000_000;

const plugin: PluginDefinition<Settings> = definePlugin({
  id: 'reminder',
  version: '1.0.0',
  description: 'Reminds people of what they asked for.',
  permissions: [
    'message.read',
    'message.send',
    'private.read',
    'private.send',
    'storage',
    'schedule',
  ],
  setup(ctx) {
    const reminders = ctx.schedule.task<Reminder>(
      'remind',
      async ({ data, key, missed, scheduledAtMs }) => {
        const kept = await ctx.storage.get<Kept>(key);
        // Said already, by one that died before its run was done.
        if (kept === undefined) return;
        const { to, group } = data;
        const late = missed ? ' (late: I was away)' : '';
        const line = `${to}, you wanted to be reminded: ${kept.text}${late}`;
        // One that dies before its run is done has it run again.
        const idempotencyKey = `${key} ${scheduledAtMs}`;
        await ctx.send(group === undefined ? { to } : { group }, line, { idempotencyKey });
        await ctx.storage.delete(key);
      },
    );

    ctx.command(
      {
        name: 'remind',
        description: 'Reminds you of something after a while.',
        args: [
          { name: 'when', type: 'string', description: 'within a year' },
          { name: 'what', type: 'rest', max: charactersMax },
        ],
        example: '!remind 1h30m tea',
      },
      async ({ args: { when, what: text }, usage, message }) => {
        const delayMs = durationMs(when);
        if (delayMs === undefined) return `${usage} Within a year.`;
        const name = message.from;
        const number = await keep(ctx.storage, name, text);
        if (number === undefined)
          return `${name}, ${waitingMax} reminders wait already; !forget one.`;
        const key = keyOf(name, number);
        try {
          await reminders.at(ctx.clock.now() + delayMs, { to: name, ...placeOf(message) }, { key });
        } catch {
          await ctx.storage.delete(key);
          return `${name}, too many reminders wait; try again later.`;
        }
        return `${name}, I shall remind you in ${when} (number ${number}).`;
      },
    );

    ctx.command(
      { name: 'reminders', description: 'Lists what you will be reminded of.' },
      async ({ message }) => {
        const keys = await ctx.storage.list(keyOf(message.from, ''));
        const kept = await Promise.all(keys.map((key) => ctx.storage.get<Kept>(key)));
        const lines = keys.map((key, at) => `${key.split('/')[1]}: ${kept[at]?.text}`);
        return lines.join('\n') || 'Nothing waits.';
      },
    );

    ctx.command(
      {
        name: 'forget',
        description: 'Takes back a reminder of yours.',
        args: [{ name: 'number', type: 'integer', min: 1, max: waitingMax }],
        example: '!forget 1',
      },
      async ({ args: { number }, message }) => {
        const key = keyOf(message.from, number);
        const known = await ctx.storage.delete(key);
        if (!known) return 'There is no such reminder; !reminders lists yours.';
        await reminders.cancel(key);
        return `${message.from}, reminder ${number} is forgotten.`;
      },
    );
  },
});

// biome-ignore lint/style/noDefaultExport: a plugin is the default export of its file.
export default plugin;

/** The number under which it is kept for the person, the smallest that is free; undefined if none is. */
async function keep(
  storage: PluginStorage,
  name: string,
  text: string,
): Promise<number | undefined> {
  const mine: Kept = { text };
  for (let number = 1; number <= waitingMax; number++) {
    const change = (other: Kept | undefined): Kept | undefined =>
      other === undefined ? mine : undefined;
    if ((await storage.update(keyOf(name, number), change)) === mine) return number;
  }
  return undefined;
}

/** No name has a slash. */
function keyOf(name: string, number: number | string): string {
  return `${name}/${number}`;
}

function placeOf(message: Incoming<GroupMessage | PrivateMessage>): { readonly group?: string } {
  return message.type === 'group' ? { group: message.group } : {};
}

/** `1h30m` and the like in milliseconds; undefined for what is none, nothing or longer than a year. */
function durationMs(text: string): number | undefined {
  const [all, days = 0, hours = 0, minutes = 0, seconds = 0] =
    /^(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?$/.exec(text) ?? [];
  const ms =
    (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return all === undefined || ms === 0 || ms > yearMs ? undefined : ms;
}
