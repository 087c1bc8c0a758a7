/** The test world for plugins: `import { start } from 'banter/testing'`. */

export type { Bot } from './testing/bot.ts';
export type { PluginSpec, PluginToLoad } from './testing/plugin-to-load.ts';
export { type ReplayOptions, replay } from './testing/replay.ts';
export type { Span } from './testing/span.ts';
export type { ExpectedLine } from './testing/transcript.ts';
export type { SayOptions, User } from './testing/user.ts';
export { type BotToStart, start, type TestWorld, type WorldOptions } from './testing/world.ts';
