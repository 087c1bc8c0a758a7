/** What clients wrote down, held against what the server has stored. */

import type { StoredMessage } from '../../core/chat/records.ts';
import type { Answered } from './repeater.ts';
import type { Talker } from './talker.ts';

/** What a group's log holds in the end, oldest first. */
export type Logs = ReadonlyMap<string, readonly StoredMessage[]>;

type Account = Pick<Talker, 'name' | 'said' | 'heard' | 'faults'>;

/** What one was told who said the same again. */
interface Repetitions extends Pick<Account, 'said' | 'faults'> {
  /** In the order in which they came. */
  readonly answers: readonly Answered[];
}

/** As many broken promises are told in full. */
const toldMax = 20;

/** Every promise that was broken, in words; nothing if none was. */
export function verdictOn(
  accounts: readonly Account[],
  logs: Logs,
  repetitions: Repetitions = { said: [], answers: [], faults: [] },
): readonly string[] {
  const broken = [
    ...unkept(repetitions, logs),
    ...unequal(repetitions.answers),
    ...repetitions.faults,
    ...accounts.flatMap((account) => unkept(account, logs)),
    ...[...logs].flatMap(([group, messages]) => gapsIn(group, messages)),
    ...accounts.flatMap((account) => misheard(account, logs)),
    ...accounts.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`)),
  ];
  const surplus = broken.length - toldMax;
  return surplus > 0 ? [...broken.slice(0, toldMax), `and ${surplus} more`] : broken;
}

/** Numbers follow each other from 1, and no text has two. */
function gapsIn(group: string, messages: readonly StoredMessage[]): readonly string[] {
  const gaps = messages
    .map(({ seq }, at) => (seq === at + 1 ? undefined : `${group}: ${seq} at place ${at + 1}`))
    .filter((gap) => gap !== undefined);
  const texts = new Set(messages.map(({ text }) => text));
  return texts.size === messages.length
    ? gaps
    : [...gaps, `${group}: ${messages.length - texts.size} messages are stored twice`];
}

/** Each acknowledged message is stored where the acknowledgement says. */
function unkept({ said }: Pick<Account, 'said'>, logs: Logs): readonly string[] {
  return said.flatMap(({ group, text, receipt }) => {
    if (receipt === undefined) return [];
    const { seq, durable } = receipt;
    const stored = logs.get(group)?.[seq - 1];
    if (stored?.text !== text) {
      return [`"${text}" was acknowledged as ${group} ${seq}, where "${stored?.text}" is stored`];
    }
    return durable ? [] : [`"${text}" was acknowledged as not durable`];
  });
}

/** Whoever says the same again is answered as the first time. */
function unequal(answers: readonly Answered[]): readonly string[] {
  const firsts = new Map<string, Answered>();
  return answers.flatMap((answer) => {
    const { mid, text, seq, logId } = answer;
    const first = firsts.get(mid) ?? answer;
    firsts.set(mid, first);
    if (seq === first.seq && logId === first.logId) return [];
    return [`"${text}" was answered ${first.logId} ${first.seq}, and then ${logId} ${seq}`];
  });
}

/** Each member has heard all that the others said, in the order of the log, once, and nothing else. */
function misheard({ name, heard }: Account, logs: Logs): readonly string[] {
  return [...logs].flatMap(([group, messages]) => {
    const told = heard.filter((message) => message.group === group);
    const expected = messages.filter(({ from }) => from !== name);
    const at = expected.findIndex(
      ({ seq, text }, place) => told[place]?.seq !== seq || told[place]?.text !== text,
    );
    if (at < 0 && told.length === expected.length) return [];
    const place = at < 0 ? expected.length : at;
    const [want, have] = [expected[place], told[place]].map(
      (message) => message && `${message.seq} "${message.text}"`,
    );
    return [`${name} heard ${have} in ${group} where ${want} is stored`];
  });
}
