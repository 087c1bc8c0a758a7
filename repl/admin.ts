/** `banter admin`: one order of an operator and what comes of it. */

import { join } from 'node:path';
import { BanterError, Client } from '../core/client-api.ts';
import { SqliteStore } from '../core/server-api.ts';
import type { CommandResult } from './commands/index.ts';
import { type Config, ownName } from './config.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { Formatter } from './format.ts';
import type { Interruption } from './interruption.ts';
import { LineWriter } from './line-writer.ts';
import { carryOut, type Order } from './orders.ts';
import { JsonOutput } from './script-output.ts';

/** What the settings do not say. */
export interface AdminOptions {
  readonly config: Config;
  readonly order: Order;
  /** Work on the folder of a server on this machine, which is stopped. */
  readonly stored: boolean;
  /** Print one JSON object. */
  readonly json: boolean;
  readonly interruption: Interruption;
}

/** Who acts where nobody has logged in. */
const machine = 'this machine';

const keyPattern = /^[0-9a-f]{64}$/;

/** Resolves to the exit code. @throws BanterError as the client, `Administration` or the store does */
export async function admin(options: AdminOptions): Promise<number> {
  const { config, order, stored, json, interruption } = options;
  using lines = new LineWriter(process.stdout);
  try {
    const result = stored
      ? await orderFolder(join(config.data.value, 'server'), order)
      : await orderServer(config, order, interruption.signal);
    if (json) new JsonOutput(lines).outcome({ type: 'result', result }, { line: 1 });
    else lines.write(new Formatter({ name: '', colours: false }).result(result));
    return exitCodes.ok;
  } catch (error) {
    if (!json) throw error;
    new JsonOutput(lines).error(error, { line: 1 });
    return exitCodeOf(error);
  } finally {
    await lines.drained();
  }
}

/** Beside the client of the name that may be present: an order needs no presence. */
async function orderServer(
  config: Config,
  order: Order,
  signal: AbortSignal,
): Promise<CommandResult> {
  const client = await Client.connect({
    name: ownName(config),
    server: config.server.value,
    dataDir: config.data.value,
    relayOnly: config.relayOnly.value,
    auxiliary: true,
    signal,
  });
  try {
    return await carryOut(client, order);
  } finally {
    await client.close();
  }
}

/** The first operator has nobody to ask: whoever has the folder names one. */
async function orderFolder(folder: string, order: Order): Promise<CommandResult> {
  await using store = await SqliteStore.open({ folder, newSeed: refuseNew(folder) });
  const { names, house } = await store.load();
  if (order.type === 'operators') {
    const operators = house.operators.map(({ identity, name }) => ({
      key: identity,
      name,
      configured: false,
    }));
    return { type: 'operators', operators };
  }
  if (order.type !== 'addOperator' && order.type !== 'removeOperator') {
    throw new BanterError('OPTION_INVALID', '--stored is for "admin operators" only');
  }
  const { who } = order;
  const bound = names.find(({ name }) => name.toLowerCase() === who.toLowerCase());
  const identity = keyPattern.test(who.toLowerCase()) ? who.toLowerCase() : bound?.identity;
  if (identity === undefined) {
    const message = `nobody has claimed the name "${who}"; name a key of 64 hex digits, as "whoami" tells it`;
    throw new BanterError('USER_UNKNOWN', message);
  }
  const isOne = house.operators.some((operator) => operator.identity === identity);
  if (order.type === 'removeOperator' && !isOne) {
    throw new BanterError('NOT_LISTED', `"${who}" is no operator`);
  }
  const action = order.type === 'addOperator' ? 'operators add' : 'operators remove';
  await store.write([
    order.type === 'addOperator'
      ? { type: 'operatorAdded', identity, name: bound?.name ?? '' }
      : { type: 'operatorRemoved', identity },
    { type: 'audited', entry: { atMs: Date.now(), by: machine, action, target: who } },
  ]);
  return { type: 'administered', action: order.type, target: who };
}

/** A folder without a server is not made into one's by a slip of the pen. */
function refuseNew(folder: string): () => never {
  return () => {
    throw new BanterError('DATA_UNUSABLE', `no server has been in ${folder} yet`);
  };
}
