/** The bounds of plugins, in one table; those of the child process stand in `host-process.ts`. */

/** The bounds of one plugin. What happens at each stands beside it. */
export const limits = {
  /** Milliseconds of processor time for evaluating the plugin's file; then it is ended. */
  evaluateCpuMs: 500,
  /** Milliseconds of processor time for handling one batch of events; then it is ended. */
  dispatchCpuMs: 250,
  /** Milliseconds by the clock for either, and for stopping, which a busy machine may need; then it is ended. */
  callMs: 15_000,
  /** Milliseconds of the child's processor time for an ended isolate to stop; then the child kills itself and names it. */
  stuckCpuMs: 500,
  /** Milliseconds of processor time between the calls; then it is ended. */
  idleCpuMs: 100,
  /** Megabytes of heap of one isolate; then it is ended. */
  memoryMb: 32,
  /** Events in one batch; more wait in the queue. */
  batchEventsMax: 64,
  /** Events waiting for one plugin; further ones are dropped and counted. */
  queuedEventsMax: 1000,
  /** Actions of one turn; further ones are refused inside and counted. */
  turnActionsMax: 256,
  /** Characters of the actions of one turn; further ones are refused inside, a forged outbox ends the plugin. */
  turnCharactersMax: 262_144,
  /** Commands of one plugin; one more fails its setup. */
  commandsMax: 64,
  /** Log lines a minute; further ones are dropped and counted. */
  logLinesPerMinute: 600,
  /** Lines appended a minute; further ones are refused. */
  appendsPerMinute: 60_000,
  /** Turns a minute that only bring a plugin the outcomes of its own actions; beyond, its turns are `paceMs` apart. */
  ownTurnsPerMinute: 6000,
  /** Characters of actions a minute; beyond, its turns are `paceMs` apart. */
  charactersPerMinute: 16_777_216,
  /** Milliseconds between turns of a plugin that keeps the chat process too busy. */
  paceMs: 50,
  /** Milliseconds until an asynchronous `setup` must have finished; then loading fails. */
  setupMs: 5000,
} as const;
