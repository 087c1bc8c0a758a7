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
  /** Milliseconds of processor time within any minute, unless the manifest says otherwise, and at most then; with more it is ended. */
  cpuMsPerMinute: 20_000,
  cpuMsPerMinuteMax: 60_000,
  /** The least that a manifest can say: a plugin's file and `setup` may need some of it. */
  cpuMsPerMinuteMin: 100,
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
  /** Steps of a turn that are noted for `explain`; further ones are not, so that a flood costs no more than that. */
  turnTracesMax: 8,
  /** Characters of a turn beyond these for what is said last: how far messages were handled, and what was measured. */
  turnLastCharactersMax: 49_152,
  /** Metrics of one plugin, labels of one of them, buckets of a histogram; one more fails the setup. */
  metricsMax: 32,
  metricLabelsMax: 4,
  metricBucketsMax: 16,
  /** Sets of label values of one metric, and characters of such a value; values of others are dropped and counted. */
  metricSeriesMax: 64,
  metricLabelCharactersMax: 64,
  /** Characters of what of its metrics changes in one turn; further changes are dropped and counted. */
  metricTurnCharactersMax: 32_768,
  /** Messages that one plugin is handling or has waiting in a line of its own; beyond, no events come. */
  unhandledMax: 256,
  /** Milliseconds until a message's handlers must be through; then it is logged, and the next one has its turn. */
  handlingMs: 60_000,
  /** Commands of one plugin; one more fails its setup. */
  commandsMax: 64,
  /** Arguments of a command, choices of one of them, other names of a command, limits of its rate; one more fails the setup. */
  commandArgumentsMax: 16,
  commandChoicesMax: 32,
  commandAliasesMax: 8,
  commandRateLimitsMax: 4,
  /** People and groups whose rate is remembered for a command; beyond, that of the one asked longest ago begins anew. */
  commandCallersMax: 1000,
  /** Looks at who is what in a group or at the server, a minute; further ones are refused. */
  lookUpsPerMinute: 120,
  /** Deeds of a plugin to people in groups, a minute; further ones are refused. */
  moderationsPerMinute: 30,
  /** Messages of a group in one look at its history, and their characters; further ones are left for the next look. */
  historyMessagesMax: 200,
  historyCharactersMax: 262_144,
  /** Questions to people without an answer; one more is refused. */
  questionsMax: 16,
  /** Milliseconds that a plugin may wait for an answer. */
  waitMsMin: 1000,
  waitMsMax: 3_600_000,
  /** Log lines a minute; further ones are dropped and counted. */
  logLinesPerMinute: 600,
  /** Lines appended a minute; further ones are refused. */
  appendsPerMinute: 60_000,
  /** Characters of a key under which a plugin keeps something; a longer one is refused inside, a forged one ends the plugin. */
  storageKeyCharactersMax: 200,
  /** Bytes of a kept value as JSON in UTF-8; a larger one is refused. */
  storageValueBytesMax: 65_536,
  /** Keys that one plugin keeps; one more is refused. */
  storageKeysMax: 10_000,
  /** Bytes of all keys and values that one plugin keeps; what would exceed them is refused. */
  storageBytesMax: 4_194_304,
  /** Storage operations a minute; further ones are refused. Writing counts once for every begun `storageUnitBytes`. */
  storageOperationsPerMinute: 6000,
  storageUnitBytes: 4096,
  /** Storage operations of one plugin without an answer; inside the others wait for their turn, outside they are refused. */
  storageUnansweredMax: 64,
  /** Characters of values on their way out; inside the others wait for their turn. One value is always let through. */
  storageCharactersUnansweredMax: 65_536,
  /** Keys in one answer; the next ones are asked for. */
  storagePageKeysMax: 256,
  /** Tries of one update while others change the same key; then it is refused. */
  storageUpdateTriesMax: 20,
  /** Jobs that a plugin registers: intervals, cron expressions and kinds of tasks; one more is refused. */
  scheduleJobsMax: 100,
  /** Tasks of one plugin that wait for their time; one more is refused. */
  scheduleTasksMax: 1000,
  /** Characters of a job's name; a longer one is refused inside, a forged one ends the plugin. A task's key is as long as one of `storage`. */
  scheduleNameCharactersMax: 64,
  /** Characters of a cron expression, and of a time zone; likewise. */
  scheduleExpressionCharactersMax: 100,
  /** Bytes of what a task carries, as JSON in UTF-8; more is refused. */
  scheduleDataBytesMax: 4096,
  /** Milliseconds of the shortest interval and of the longest, a year; another one is refused inside, a forged one ends the plugin. */
  scheduleEveryMsMin: 1000,
  scheduleEveryMsMax: 31_536_000_000,
  /** Storage operations that a cron expression counts for: one that never comes is searched for centuries. */
  scheduleCronCost: 60,
  /** Runs of one plugin at a time; further ones wait. */
  scheduleRunsMax: 16,
  /** Milliseconds until a handler must have settled; then it is logged, and the job moves on. */
  scheduleRunMs: 600_000,
  /** Times a run is begun that never ends because the plugin or the process does; then the job moves on. */
  scheduleAttemptsMax: 3,
  /** Runs that are made up for at most, the newest of those that were missed. */
  scheduleMissedRunsMax: 100,
  /** Milliseconds between looks at the clock at most, which may be set and does not run while the machine sleeps. */
  scheduleLookMs: 60_000,
  /** Hooks of one plugin; one more fails its setup. */
  hooksMax: 16,
  /** Milliseconds by the clock until a hook has to have answered, unless it says otherwise, and at most; then it has failed. */
  hookDeadlineMs: 200,
  hookDeadlineMsMax: 5000,
  /** Milliseconds for all hooks together to decide about one message; those that are left have failed then. */
  hookPassageMs: 10_000,
  /** Messages that one plugin's hooks are asked about at a time; further ones wait for their turn, before their deadline begins. */
  hookCallsMax: 128,
  /** Failures of a plugin's hooks in a row, and milliseconds from the first one on; with both the plugin is ended. */
  hookFailuresMax: 20,
  hookFailingMs: 10_000,
  /** Characters of a hook's reason; a longer one is cut inside, a forged one ends the plugin. */
  hookReasonCharactersMax: 200,
  /** Bytes of a text that a hook makes, in UTF-8: what a message can have; with a longer one it has failed. */
  messageBytesMax: 60_000,
  /** Bots that may pass a message on; an answer to one that has passed so many is refused. */
  hopsMax: 7,
  /** Turns a minute that only bring a plugin the outcomes of its own actions; beyond, its turns are `paceMs` apart. */
  ownTurnsPerMinute: 6000,
  /** Characters of actions a minute; beyond, its turns are `paceMs` apart. */
  charactersPerMinute: 16_777_216,
  /** Milliseconds between turns of a plugin that keeps the chat process too busy. */
  paceMs: 50,
  /** Milliseconds until an asynchronous `setup` must have finished; then loading fails. */
  setupMs: 5000,
  /** Milliseconds until a plugin in quarantine is loaded again, doubled with each time, and at most. */
  revivalMs: 5000,
  revivalMsMax: 600_000,
  /** Times that it is loaded again; then it stays in quarantine. */
  revivalsMax: 8,
  /** Milliseconds for which it has to have run for the count to begin anew. */
  revivalWellMs: 600_000,
} as const;
