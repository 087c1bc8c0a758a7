/** Sends a message to a group, as often as the server puts it off. */

import type { Committed } from '../chat/types.ts';
import type { Environment } from '../net/transport.ts';
import { toHex } from '../protocol/bytes.ts';
import { checkedHops, type SendOptions } from './options.ts';
import { askWithinRate } from './pacing.ts';
import type { Session } from './session.ts';

/**
 * Resolves when the message has its place, which every try asks for under the same id.
 * @throws BanterError as `Session.ask`, and for what cannot be sent
 */
export async function sendToGroup(
  session: Session,
  environment: Environment,
  said: { readonly group: string; readonly text: string },
  options: SendOptions,
): Promise<Committed> {
  const { signal, onPrepared } = options;
  const hops = checkedHops(said.text, options);
  const body = { type: 'sendGroup', mid: session.nextMid(), hops, ...said } as const;
  await onPrepared?.(toHex(body.mid));
  const attempt = () => session.ask(body, 'committed', signal);
  const { mid, logId, seq, durable } = await askWithinRate(environment, attempt, signal);
  return {
    type: 'committed',
    mid: toHex(mid),
    group: said.group,
    logId: toHex(logId),
    seq,
    durable,
  };
}
