/** The plugin's commands: registered in `setup`, found in messages, given by whoever may. Runs in isolates only. */

import type { GroupMessage, PrivateMessage } from '../../core/client-api.ts';
import { limits } from '../limits.ts';
import type {
  Answer,
  AskTarget,
  CommandCall,
  CommandDefinition,
  CommandPermission,
  Confirmation,
  Incoming,
} from '../sdk.ts';
import { usageSentence } from '../usage.ts';
import { describeArguments, readArguments } from './arguments.ts';
import type { Outbox } from './outbox.ts';
import type { Questions, Verdict } from './questions.ts';
import { RateLimits } from './rate-limits.ts';
import type { Requests } from './requests.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { now } = Date;

type Message = Incoming<GroupMessage | PrivateMessage>;
type Handler = (call: CommandCall) => Answer;

interface Command {
  readonly definition: CommandDefinition;
  readonly rateLimits: RateLimits;
  readonly confirmation: Confirming | undefined;
  readonly usage: string;
  readonly handler: Handler;
}

/** What is asked before a command is done; without a prompt the command itself. */
interface Confirming {
  readonly prompt: string | undefined;
  readonly timeoutMs: number;
}

/** A command of this plugin that a message gives. */
export interface GivenCommand {
  readonly name: string;
  readonly isParallel: boolean;
  /** Does it; what it returns is to be sent as the reply. */
  readonly run: (message: Message, enter: Enter) => Answer;
}

/** Calls the plugin's handler, perhaps long after the message came. */
type Enter = (call: () => Answer) => Answer;

const confirmMsDefault = 30_000;

/** What is known of those who may give a command. */
const permissionWords = {
  moderator: 'moderators of the group',
  owner: 'the owner of the group',
  operator: 'operators of the server',
} as const;

export class Commands {
  readonly #outbox: Outbox;
  readonly #requests: Requests;
  readonly #questions: Questions;
  readonly #byName = new Map<string, Command>();
  #prefix = '!';
  #count = 0;

  constructor(outbox: Outbox, requests: Requests, questions: Questions) {
    this.#outbox = outbox;
    this.#requests = requests;
    this.#questions = questions;
  }

  /** What a command begins with. */
  set prefix(prefix: string) {
    this.#prefix = prefix;
  }

  /** Registers a command and tells of it. @throws TypeError, RangeError, Error */
  add(definition: CommandDefinition, handler: Handler): void {
    const { name, aliases = [], description, args = [], example = '' } = definition;
    const names = [name, ...aliases].map((each) => `${each}`.toLowerCase());
    if (typeof handler !== 'function') {
      throw new TypeError(`ctx.command: "${name}" has no handler`);
    }
    const taken = names.find((each, at) => this.#byName.has(each) || names.indexOf(each) !== at);
    if (taken !== undefined || this.#count >= limits.commandsMax) {
      throw new Error(
        `ctx.command: "${taken ?? name}" is there already, or there are ${limits.commandsMax} commands`,
      );
    }
    const described = describeArguments(name, args);
    const command: Command = {
      definition,
      rateLimits: new RateLimits(definition.rateLimit),
      confirmation: confirmationOf(definition),
      usage: usageSentence(this.#prefix, { name, args: described, example }),
      handler,
    };
    this.#count += 1;
    for (const each of names) this.#byName.set(each, command);
    const permission = permissionName(definition.permission);
    const told = { name, aliases, description, args: described, example, permission };
    this.#outbox.push('command', told);
  }

  /** The command that a text gives, if it is one of this plugin's. */
  find(text: string): GivenCommand | undefined {
    const line = text.trim();
    const [word = ''] = /^\S*/.exec(line) ?? [];
    if (!word.startsWith(this.#prefix)) return undefined;
    const command = this.#byName.get(word.slice(this.#prefix.length).toLowerCase());
    if (command === undefined) return undefined;
    return {
      name: command.definition.name,
      isParallel: command.definition.parallel === true,
      run: (message, enter) =>
        this.#perform(command, line.slice(word.length).trim(), message, enter),
    };
  }

  #perform(command: Command, rest: string, message: Message, enter: Enter): Answer {
    const { definition, confirmation, usage, handler } = command;
    const read = readArguments(definition.args ?? [], rest);
    if (read.type === 'wrong') return `${read.problem} ${usage}`;
    // The values are what the reader of the declared types has made.
    const call: CommandCall = { args: read.values as CommandCall['args'], rest, usage, message };
    const { permission = 'everyone' } = definition;
    return permission === 'everyone' && confirmation === undefined
      ? (this.#rateRefusal(command, message) ?? enter(() => handler(call)))
      : this.#performAfterAll(command, call, enter);
  }

  /** The same where somebody else is asked before. */
  async #performAfterAll(
    command: Command,
    call: CommandCall,
    enter: Enter,
  ): Promise<string | undefined> {
    const { definition, confirmation, handler } = command;
    const { message } = call;
    const refused = await this.#refusal(definition, message);
    if (refused !== undefined) return `${message.from}, ${refused}`;
    const refusedByRate = this.#rateRefusal(command, message);
    if (refusedByRate !== undefined) return refusedByRate;
    if (confirmation === undefined) return enter(() => handler(call));
    switch (await this.#confirmed(definition.name, confirmation, call)) {
      case 'yes':
        return enter(() => handler(call));
      case 'no':
        return `${message.from}, ${this.#prefix}${definition.name} is not done.`;
      case 'asked again':
        return undefined;
    }
  }

  /** What is said to whoever is too fast, and nothing if that is not told; undefined within the rate. */
  #rateRefusal({ definition, rateLimits }: Command, message: Message): string | undefined {
    const group = message.type === 'group' ? message.group : undefined;
    const rate = rateLimits.take({ group, person: message.from }, now());
    if (rate.type === 'within') return undefined;
    const seconds = Math.max(1, Math.ceil(rate.waitMs / 1000));
    const command = `${this.#prefix}${definition.name}`;
    return rate.isTold ? `${message.from}, ${command} may be given again in ${seconds} s.` : '';
  }

  /** Why the sender may not give a command; undefined if it may. */
  async #refusal(
    { name, permission = 'everyone' }: CommandDefinition,
    message: Message,
  ): Promise<string | undefined> {
    if (permission === 'everyone') return undefined;
    const command = `${this.#prefix}${name}`;
    if (typeof permission !== 'string') {
      const from = message.from.toLowerCase();
      const isNamed = permission.some((each) => `${each}`.toLowerCase() === from);
      return isNamed ? undefined : `${command} is not for you.`;
    }
    const group = message.type === 'group' && permission !== 'operator' ? message.group : '';
    if (group === '' && permission !== 'operator') return `give ${command} in the group.`;
    const standing = await this.#requests.ask('standing', { group, name: message.from });
    if (standing === permission || (standing === 'owner' && permission === 'moderator')) {
      return undefined;
    }
    const words = permissionWords[permission];
    return standing === 'unseen'
      ? `${command} is for ${words}, and I am not told who they are.`
      : `${command} is for ${words}.`;
  }

  /**
   * Asks whoever gave a command. An answer names it, as other commands may wait for one, also of other plugins; of the
   * same command only the newest waits. What is neither yes nor no is everybody's.
   */
  #confirmed(
    name: string,
    { prompt, timeoutMs }: Confirming,
    call: CommandCall,
  ): Promise<Answered> {
    const { message, rest } = call;
    const [yes, no] = [`${this.#prefix}yes`, `${this.#prefix}no`];
    const target: AskTarget =
      message.type === 'group'
        ? { group: message.group, from: message.from }
        : { to: message.from };
    const given = `${name} ${rest.slice(0, givenCharactersMax)}`.trim();
    const asks = prompt ?? `really ${this.#prefix}${given}?`;
    const seconds = Math.ceil(timeoutMs / 1000);
    const words = `${message.from}, ${asks} Answer "${yes} ${name}" within ${seconds} s.`;
    const answer = this.#questions.ask<Answered>({
      target,
      timeoutMs,
      key: `${name} ${'to' in target ? target.to : `${target.from}#${target.group}`}`.toLowerCase(),
      prompt: () => message.reply(words),
      judge: (text): Verdict<Answered> => {
        const [said = '', which, ...more] = text.trim().toLowerCase().split(/\s+/);
        if ((said !== yes && said !== no) || more.length > 0) return { type: 'other' };
        if (which === undefined) {
          return { type: 'hint', text: `Which one? Answer "${yes} ${name}" or "${no} ${name}".` };
        }
        if (which !== name.toLowerCase()) return { type: 'other' };
        return { type: 'answer', value: said === yes ? 'yes' : 'no' };
      },
    });
    return answer.catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ASK_TIMEOUT') return 'no';
      if (code === 'ABORTED') return 'asked again';
      throw error;
    });
  }
}

type Answered = 'yes' | 'no' | 'asked again';

/** Characters of what follows a command that are repeated in the question. */
const givenCharactersMax = 100;

function permissionName(
  permission: CommandPermission = 'everyone',
): 'everyone' | 'moderator' | 'owner' | 'operator' | 'named' {
  if (typeof permission !== 'string') return 'named';
  if (permission === 'everyone' || Object.hasOwn(permissionWords, permission)) return permission;
  throw new TypeError(
    `ctx.command: permission is everyone, moderator, owner, operator or a list of names, not ${permission}`,
  );
}

function confirmationOf({ confirm = false }: CommandDefinition): Confirming | undefined {
  if (confirm === false) return undefined;
  const given: Confirmation = confirm === true ? {} : confirm;
  const { prompt, timeoutMs = confirmMsDefault } = given;
  if (prompt !== undefined && (typeof prompt !== 'string' || prompt.length > 500)) {
    throw new TypeError('ctx.command: confirm: prompt is a text of at most 500 characters');
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < limits.waitMsMin || timeoutMs > 600_000) {
    throw new RangeError(
      `ctx.command: confirm: timeoutMs is ${limits.waitMsMin} to 600000, not ${timeoutMs}`,
    );
  }
  return { prompt, timeoutMs };
}
