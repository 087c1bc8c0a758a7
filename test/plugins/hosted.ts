/** Plugins as the chat process has them, without any child behind them. */

import type { Bundle } from '../../plugins/bundle.ts';
import { Granted } from '../../plugins/granted.ts';
import { parseManifest } from '../../plugins/manifest.ts';
import { HostedPlugin } from '../../plugins/plugin.ts';
import type { PluginOrder } from '../../plugins/plugin-order.ts';

export const bundle: Bundle = { file: 'x.ts', code: '', files: [], locate: () => undefined };

export const order: PluginOrder = {
  spec: './x.ts',
  source: { file: '/x.ts', identity: 'file:/x.ts' },
  config: {},
  variables: () => undefined,
  isDryRun: false,
  isIsolated: false,
};

/** A plugin in the midst of its `setup`, with one permission that was granted. */
export function settingUp(slot: number, permission: string, isIsolated = false): HostedPlugin {
  const plugin = new HostedPlugin(slot, { ...order, isIsolated }, bundle);
  const source = JSON.stringify({ id: `x${slot}`, version: '1.0.0', permissions: [permission] });
  const manifest = parseManifest(source, 'x.ts');
  plugin.takeWork(0);
  plugin.described(manifest);
  plugin.authorized(Granted.of(manifest.permissions));
  plugin.setUp('bot', '!');
  plugin.turned(0, 0);
  plugin.takeWork(0);
  return plugin;
}
