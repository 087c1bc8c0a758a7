/** The test world for plugins: `import { start } from 'banter/testing'`. */

export type { Bot, PluginSpec, PluginToLoad } from './testing/bot.ts';
export type { Span } from './testing/span.ts';
export type { ExpectedLine } from './testing/transcript.ts';
export type { SayOptions, User } from './testing/user.ts';
export { type BotToStart, start, type TestWorld, type WorldOptions } from './testing/world.ts';
