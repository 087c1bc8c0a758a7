/** `banter config`: every setting, its value and, if asked for, where that comes from. */

import type { Config } from './config.ts';
import { isSecret } from './history.ts';
import { safeText } from './safe-text.ts';
import { type PluginSetting, rules, type Settings } from './settings.ts';

/** The table in lines, with what was found and not taken behind it. */
export function describeConfig(config: Config, showOrigin: boolean): string {
  // The table's keys are the settings'; Object.keys widens them to string.
  const keys = Object.keys(rules) as (keyof Settings)[];
  const rows = keys.map((key) => {
    const { value, origin } = config[key];
    const source = showOrigin ? origin : rules[key].meaning;
    return [key, safeText(show(value)), safeText(source)] as const;
  });
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  const [keyWidth, valueWidth] = [width(0), width(1)];
  const lines = rows.map(
    ([key, value, source]) => `${key.padEnd(keyWidth)}  ${value.padEnd(valueWidth)}  ${source}`,
  );
  const ignored = config.ignored.map((words) => `ignored: ${safeText(words)}`);
  return `${[...lines, ...(showOrigin ? ignored : [])].join('\n')}\n`;
}

function show(value: Config[keyof Settings]['value']): string {
  if (value === undefined) return '-';
  if (typeof value !== 'object') return String(value);
  return value.length === 0
    ? '-'
    : Array.from<string | PluginSetting, string>(value, showOne).join(', ');
}

function showOne(setting: string | PluginSetting): string {
  if (typeof setting === 'string') return setting;
  const { plugin, config } = setting;
  if (Object.keys(config).length === 0) return plugin;
  return `${plugin} ${JSON.stringify(config, (key, value) => (isSecret(key) ? '***' : value))}`;
}
