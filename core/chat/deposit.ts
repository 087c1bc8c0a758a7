/** The request to keep a sealed private message for somebody who is absent (docs/PROTOCOL.md §9). */

import { toHex } from '../protocol/bytes.ts';
import type { Caller, CommandParts } from './command.ts';
import type { Refusal } from './effects.ts';
import type { MailRequest } from './mail-messages.ts';
import { parseMid } from './mids.ts';

type Deposit = Extract<MailRequest, { readonly type: 'deposit' }>;

/** What an envelope has beside the text: a name, the other fields, keys and tags; with room to spare. Bytes. */
const roomBytes = 288;

/** Keeps an envelope, or says why not. Nobody who is present gets mail: the server looks whether they live instead. */
export function deposit(
  parts: CommandParts,
  caller: Caller,
  { requestId, to: name, identity, mid, sealed }: Deposit,
): Refusal | undefined {
  const { policy, directory, mailboxes, effects, desk } = parts;
  const { session, process, link, now } = caller;
  if (!policy.mailbox) {
    return { code: 'BAD_REQUEST', detail: 'this server keeps no private messages' };
  }
  if (toHex(parseMid(mid)?.processId ?? mid) !== process.id) {
    return { code: 'BAD_REQUEST', detail: 'the message id belongs to another process' };
  }
  const entry = directory.find(name);
  if (entry?.key !== toHex(identity)) {
    return { code: 'USER_UNKNOWN', detail: `there is no user "${name}" of this key` };
  }
  const to = entry.name;
  const envelope = { from: session.name, to, mid, sealed };
  if (!mailboxes.holds(envelope)) {
    if (entry.online) {
      desk.examine(to, now);
      return { code: 'PEER_PRESENT', detail: `${to} is online` };
    }
    const fault = sizeFault(parts, sealed) ?? mailboxes.add(envelope, now);
    if (fault !== undefined) return fault;
    effects.fact({ type: 'privateMessageKept', by: session.name, to });
  }
  effects.send(link, { type: 'deposited', requestId, mid, to, durable: effects.isDurable });
  return undefined;
}

function sizeFault({ limits }: CommandParts, sealed: Uint8Array): Refusal | undefined {
  const bytesMax = limits.textBytes + roomBytes;
  if (sealed.length <= bytesMax) return undefined;
  const detail = `the envelope has ${sealed.length} bytes, more than ${bytesMax}`;
  return { code: 'MESSAGE_TOO_LONG', detail };
}
