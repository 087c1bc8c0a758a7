/** Lines for people about plugins. Whatever plugins and others wrote passes `safe-text.ts` here. */

import type { TapEntry } from '../plugins/index.ts';
import type { PluginSummary } from './chat-client.ts';
import type { CommandResult } from './commands/index.ts';
import { metricLines } from './plugin-metrics.ts';
import { safeText } from './safe-text.ts';

type Explained = Extract<CommandResult, { readonly type: 'explained' }>;
type Kept = Extract<CommandResult, { readonly type: 'pluginStorage' }>;

/** Counters worth a place in the list, in their order, when they are not zero. */
const counterWords: readonly (readonly [counter: string, word: string])[] = [
  ['events', 'events'],
  ['sends', 'sent'],
  ['moderations', 'moderated'],
  ['messagesChanged', 'changed'],
  ['messagesStopped', 'stopped'],
  ['refused', 'refused'],
  ['errors', 'errors'],
  ['hookFailures', 'hook failures'],
  ['eventsDropped', 'dropped'],
  ['restarts', 'restarts'],
];

const excerptLengthMax = 60;

/** `dice 1.0.0 running: 12 events, 3 sent`. */
export function describePlugin(plugin: PluginSummary): string {
  const counted = counterWords.flatMap(([counter, word]) => {
    const count = plugin.counters?.[counter] ?? 0;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  const more =
    plugin.reason === undefined
      ? counted.join(', ')
      : [safeText(plugin.reason), ...triedAgain(plugin)].join('; ');
  const dryRun = plugin.isDryRun === true ? ', dry run' : '';
  const alone = plugin.isolation === 'process' ? ', own process' : '';
  const state = `${plugin.state}${alone}${dryRun}`;
  return `${safeText(plugin.id)} ${safeText(plugin.version)} ${safeText(state)}${more === '' ? '' : `: ${more}`}`;
}

/** The same with what waits for it, and on lines of their own what it uses, and what it counts and measures itself. */
export function describePluginStatus(plugin: PluginSummary): string {
  const { queued = 0, metrics, cpuMs, cpuMsPerMinute, recovery } = plugin;
  const waiting = queued === 0 ? '' : `; ${queued} events wait for it`;
  const figures = metrics === undefined ? [] : [...metricLines(metrics)];
  if (recovery !== undefined && recovery.tries > 0) {
    figures.unshift(`tried again ${recovery.tries} times of ${recovery.triesMax}`);
  }
  if (cpuMs !== undefined) {
    figures.unshift(`${cpuMs} ms of processor time within a minute, of ${cpuMsPerMinute}`);
  }
  const lines = figures.map((line) => `  ${safeText(line)}`);
  return [`${describePlugin(plugin)}${waiting}`, ...lines].join('\n');
}

/** When one in quarantine is tried again, or that it is not any more; nothing where nobody ever meant to. */
function triedAgain({ recovery }: PluginSummary): readonly string[] {
  if (recovery === undefined) return [];
  const { tries, triesMax, atMs } = recovery;
  if (atMs !== undefined) {
    const time = new Date(atMs).toTimeString().slice(0, 8);
    return [`tried again at ${time} (${tries} of ${triesMax})`];
  }
  return tries < triesMax ? [] : [`not tried again after ${tries} times`];
}

/** The message on a line, and each thing that happened to it on one of its own. */
export function describeTrace({ trace }: Explained): string {
  if (trace === undefined) {
    return 'nothing is known of that message: no plugin was there, or 500 others have come since';
  }
  const { direction, group, seq, from, to, text, steps, stepsLost } = trace;
  const place = seq === undefined ? '' : ` ${seq}`;
  const where = group === undefined ? (to ?? 'private') : `#${group}${place}`;
  const who = from === '' ? '' : ` ${from}:`;
  const excerpt = safeText(text, { lengthMax: excerptLengthMax });
  const lines = steps.map(({ plugin, what, outcome, reason, ms }) => {
    const columns = `${(safeText(plugin) || '-').padEnd(12)} ${safeText(what).padEnd(16)}`;
    const why = reason === '' ? '' : `: ${safeText(reason)}`;
    return `  ${columns} ${safeText(outcome)}${why}${duration(ms)}`;
  });
  if (steps.length === 0) lines.push('  no plugin had a say in it');
  if (stepsLost > 0) lines.push(`  and ${stepsLost} more`);
  return [`${direction} ${safeText(where)}${safeText(who)} ${excerpt}`, ...lines].join('\n');
}

/** Keys one on a line, or a value as it is kept. */
export function describeKept(kept: Kept): string {
  if (kept.kept.type === 'value') {
    const { key, value } = kept.kept;
    return value === undefined ? `there is no key "${safeText(key)}"` : safeText(value);
  }
  const { keys, more } = kept.kept;
  if (keys.length === 0) return `${safeText(kept.plugin)} keeps nothing`;
  const lines = keys.map((key) => safeText(key));
  return more ? [...lines, '… and more'].join('\n') : lines.join('\n');
}

/** `dice ← message #ops ann !roll`, `dice → sendGroup #ops ann rolled 4: done as #ops 14 (2.1 ms)`. */
export function describeTap({
  plugin,
  direction,
  what,
  text,
  outcome,
  reason,
  ms,
}: TapEntry): string {
  const arrow = direction === 'in' ? '←' : '→';
  const excerpt = safeText(text, { lengthMax: excerptLengthMax });
  const said =
    outcome === 'told' ? '' : `: ${outcome}${reason === '' ? '' : ` ${safeText(reason)}`}`;
  return `${safeText(plugin)} ${arrow} ${safeText(what)} ${excerpt}${said}${duration(ms)}`;
}

function duration(ms: number | undefined): string {
  return ms === undefined ? '' : ` (${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms)`;
}
