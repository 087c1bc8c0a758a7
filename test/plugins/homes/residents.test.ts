/** What processes say of plugins that do not live in them, and how many there may be. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission } from '../../../plugins/admission.ts';
import { Capabilities, type PluginLog } from '../../../plugins/capabilities.ts';
import { systemClock } from '../../../plugins/clock.ts';
import { Endings } from '../../../plugins/endings.ts';
import { Granted } from '../../../plugins/granted.ts';
import { Hooks } from '../../../plugins/hooks.ts';
import { Hosts, sharedHome } from '../../../plugins/hosts.ts';
import { Insight } from '../../../plugins/insight.ts';
import type { HostedPlugin } from '../../../plugins/plugin.ts';
import { Pump } from '../../../plugins/pump.ts';
import { Reports } from '../../../plugins/reports.ts';
import { Revivals } from '../../../plugins/revivals.ts';
import { Roster } from '../../../plugins/roster.ts';
import { SetupDeadlines } from '../../../plugins/setup-deadlines.ts';
import { settingUp } from '../hosted.ts';
import { World } from '../world.ts';

const nothing = (): void => undefined;

/** A plugin that runs, in a process of its own or with the others. */
function running(slot: number, isIsolated: boolean): HostedPlugin {
  const plugin = settingUp(slot, 'message.send', isIsolated);
  plugin.ready();
  plugin.turned(0, 0);
  return plugin;
}

/** What a runtime is made of, without any child, and a plugin for each way of living. */
function household() {
  const world = new World();
  const client = world.member('bot');
  const roster = new Roster();
  const plugins = roster.all;
  const [shared, alone] = [running(1, false), running(2, true)];
  for (const plugin of [shared, alone]) plugins.set(plugin.slot, plugin);
  const logs: PluginLog[] = [];
  const insight = new Insight(systemClock);
  const hosts = new Hosts(
    { hostUp: nothing, hostReported: nothing, hostDied: () => true, hostGaveUp: nothing },
    async () => ({ script: '', bootstrap: '', readableDirs: [] }),
  );
  const pump = new Pump({ plugins, hosts, bootstrap: () => '', simulation: undefined });
  const shares = { client, insight, clock: systemClock, work: pump.work };
  const capabilities = new Capabilities({
    ...shares,
    dataDir: undefined,
    onLog: (entry) => logs.push(entry),
    onSettled: nothing,
  });
  const hooks = new Hooks({
    ...shares,
    plugins,
    onAsked: nothing,
    onFailing: nothing,
    log: nothing,
  });
  const setups = new SetupDeadlines(systemClock, nothing);
  const told = { onStatus: nothing, log: nothing };
  const parts = { roster, hosts, pump, ...told };
  const revivals = new Revivals({ ...parts, clock: systemClock, isOn: false });
  const endings = new Endings({ ...parts, capabilities, hooks, setups, revivals });
  const admission = new Admission({
    plugins,
    authorize: () => Granted.of([]),
    moveOut: nothing,
    setUp: nothing,
    forget: nothing,
    refuse: nothing,
  });
  const reports = new Reports({
    ...{ plugins, clock: systemClock, insight, admission, capabilities, hooks },
    onReady: nothing,
    onEnded: (plugin, fault) => endings.quarantine(plugin, fault),
    onStopped: nothing,
    onTurned: nothing,
  });
  return { world, shared, alone, endings, reports, logs };
}

test('a process that was taken over speaks for no plugin of another one', () => {
  const { world, shared, alone, reports, logs } = household();
  const forged = JSON.stringify([
    { type: 'log', level: 'info', text: 'forged' },
    { type: 'sendGroup', id: 1, group: 'lab', text: 'forged', hops: 0 },
  ]);
  for (const [home, { slot }] of [
    [alone.home, shared],
    [sharedHome, alone],
    [77, alone],
  ] as const) {
    reports.receive(home, { type: 'turned', slot, actions: [forged] });
    reports.receive(home, { type: 'ended', slot, reason: 'broken' });
  }
  assert.deepEqual([shared.phase, alone.phase], ['running', 'running']);
  assert.deepEqual([logs, world.transcript], [[], []]);
  reports.receive(alone.home, { type: 'ended', slot: alone.slot, reason: 'broken' });
  assert.deepEqual([shared.phase, alone.phase], ['running', 'quarantined']);
});

test('a process that dies blames no plugin of another one, and takes none along', () => {
  const { shared, alone, endings } = household();
  const death = { reason: 'it crashed', named: true, suspects: [shared.slot] };
  const explained = endings.hostDied(alone.home, { ...death, culprit: shared.slot });
  assert.deepEqual([explained, shared.phase, alone.phase], [false, 'running', 'loading']);
  assert.equal(shared.pace.isSuspected(performance.now()), false);
  endings.hostDied(sharedHome, { ...death, culprit: shared.slot });
  assert.deepEqual([shared.phase, alone.phase], ['quarantined', 'loading']);
});

test('sixteen plugins have a process of their own, and not one more', () => {
  const roster = new Roster();
  for (let slot = 1; slot <= 16; slot++) {
    roster.checkProcesses();
    roster.all.set(slot, running(slot, true));
  }
  assert.throws(() => roster.checkProcesses(), {
    code: 'OPTION_INVALID',
    message: '16 plugins have a process of their own already; unload one of them',
  });
  // A version that takes the place of one of them has room, and so has the next plugin when one has ended.
  roster.checkProcesses(roster.all.get(1));
  roster.all.get(2)?.end('stopped', '');
  roster.checkProcesses();
});
