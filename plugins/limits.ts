/** The bounds of plugins, in one table; those of the child process stand in `host-process.ts`. */

/** The bounds of one plugin. What happens at each stands beside it. */
export const limits = {
  /** Milliseconds for evaluating the plugin's file; then it is ended. */
  evaluateMs: 500,
  /** Milliseconds for handling one batch of events; then it is ended. */
  dispatchMs: 250,
  /** Milliseconds for handing over the outbox; then it is ended. */
  drainMs: 50,
  /** Milliseconds of processor time after which a call that its own limit did not end is ended from outside. */
  hungCpuMs: 700,
  /** Milliseconds an ended isolate may take to stop; then the child kills itself and names it. */
  stuckMs: 500,
  /** Milliseconds of processor time an isolate may use between its calls; then it is ended. */
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
  appendsPerMinute: 6000,
  /** Milliseconds until an asynchronous `setup` must have finished; then loading fails. */
  setupMs: 5000,
} as const;
