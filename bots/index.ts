/** The public API of Banter's bots: reading them, and running them unattended. */

export {
  type Bot,
  type BotDefinition,
  type BotPlugin,
  type BotPolicy,
  defineBot,
} from './bot-file.ts';
export { BotHealth, type BotProblem, type BotStatus, botProblems } from './health.ts';
export { findBot } from './ready-bots.ts';
export { type BotLog, type BotOptions, runBot } from './runner.ts';
