/** Sends a message to a person. */

import type { Delivered, Stored } from '../chat/types.ts';
import type { Environment } from '../net/transport.ts';
import { checkedHops, type SendOptions } from './options.ts';
import type { Wiring } from './wiring.ts';

/** Who says what to whom. */
export interface PrivateSaying {
  readonly from: string;
  readonly bot: boolean;
  readonly to: string;
  readonly text: string;
}

/** Resolves when the peer's client has it, or the server keeps it. @throws BanterError as `Client.send` */
export async function sendToPeer(
  { lookUps, session, mail }: Pick<Wiring, 'lookUps' | 'session' | 'mail'>,
  environment: Environment,
  { to, text, ...by }: PrivateSaying,
  options: SendOptions,
): Promise<Delivered | Stored> {
  const hops = checkedHops(text, options);
  await lookUps.need(to, options.signal);
  const said = { mid: session.nextMid(), sentAtMs: environment.wallClockMs(), text };
  return mail.send(to, { ...by, hops, ...said }, options);
}
