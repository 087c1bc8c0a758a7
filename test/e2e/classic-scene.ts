/** What a story is made of: scenes, and the lines that are read in them. */

/** What somebody reads next; `exit` is the exit code of the process thereafter. */
export interface Reading {
  readonly who: string;
  readonly lines: readonly string[];
  readonly exit?: number;
}

/** Something that happens, and everything that is read before the next thing does. */
export interface Scene {
  readonly happens:
    | { readonly type: 'serverStarts' }
    /** `at` names somebody whose client port it takes. */
    | {
        readonly type: 'clientStarts';
        readonly who: string;
        readonly name: string;
        readonly at?: string;
      }
    /** Everything at once, whatever has been answered. */
    | { readonly type: 'types'; readonly who: string; readonly lines: readonly string[] }
    | { readonly type: 'signal'; readonly who: string; readonly signal: NodeJS.Signals };
  readonly read: readonly Reading[];
}

/** What a client prints before it hears of the server. */
export const starting: readonly string[] = [
  '>>> Client start listening',
  '>>> Registration request sent',
];

/** The answer to what is no command, or not in this place. */
export const invalid = '>>> Invalid command';

/** A table of clients as everybody prints it; `{X}` stands for the port under which the others know X. */
export function table(
  prefix: string,
  online: Readonly<Record<string, boolean>>,
): readonly string[] {
  const rows = Object.entries(online).map(
    ([name, is]) =>
      `'${name}': {'ip': '127.0.0.1', 'port': {${name}}, 'online': ${is ? 'True' : 'False'}}`,
  );
  return [`${prefix}Client table updated.`, `{${rows.join(', ')}}`];
}

/** A table of groups as the server prints it. */
export function groups(rows: string): readonly string[] {
  return ['>>> Group table updated.', `{${rows}}`];
}

/** Somebody types lines, without waiting for answers. */
export function types(who: string, lines: readonly string[], read: Scene['read']): Scene {
  return { happens: { type: 'types', who, lines }, read };
}

/** Somebody starts a client under the own name. */
export function starts(who: string, read: Scene['read']): Scene {
  return { happens: { type: 'clientStarts', who, name: who }, read };
}

/** Somebody's process gets a signal. */
export function signals(who: string, signal: NodeJS.Signals, read: Scene['read']): Scene {
  return { happens: { type: 'signal', who, signal }, read };
}
