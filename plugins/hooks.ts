/** Asks the hooks of plugins about each message that comes or is to leave, and makes sure that every message gets an answer. */

import type { ChatMessage, Interceptor, Outgoing } from '../core/client-api.ts';
import { BanterError } from '../core/error-api.ts';
import type { Clock } from './clock.ts';
import type { PluginClient } from './feed.ts';
import { type DraftInfo, type HookInfo, type HookVerdict, judged } from './hook-info.ts';
import type { Insight } from './insight.ts';
import { limits } from './limits.ts';
import type { OpenWork } from './open-work.ts';
import { mayChange } from './permissions.ts';
import type { HostedPlugin } from './plugin.ts';

/** What hooks work with. */
export interface HooksOptions {
  readonly client: Pick<PluginClient, 'intercept'>;
  /** By slot. */
  readonly plugins: ReadonlyMap<number, HostedPlugin>;
  readonly clock: Clock;
  readonly work: OpenWork;
  readonly insight: Insight;
  /** Told whenever there is something to ask a plugin. */
  readonly onAsked: () => void;
  /** Told of a plugin whose hooks fail again and again. */
  readonly onFailing: (plugin: HostedPlugin, reason: string) => void;
  readonly log: (plugin: HostedPlugin, level: 'info' | 'warn', text: string) => void;
}

type Point = HookInfo['point'];
type Subject = ChatMessage | DraftInfo;

/** A hook, and whose it is. */
interface Link {
  readonly plugin: HostedPlugin;
  readonly info: HookInfo;
}

/** One message on its way along the hooks. */
interface Course {
  readonly point: Point;
  readonly subject: Subject;
  readonly trace: number;
  readonly links: readonly Link[];
  /** When all hooks have to have answered, on the monotonic clock. */
  readonly untilMs: number;
  /** Called once. */
  readonly end: (end: { readonly text: string } | { readonly stop: BanterError }) => void;
}

/** One question without an answer. */
interface Asked {
  readonly plugin: HostedPlugin;
  readonly answer: (verdict: HookVerdict) => void;
}

interface Settled {
  readonly outcome: string;
  readonly reason: string;
  readonly next?: string;
}

/** What one plugin is asked: as much as `hookCallsMax` at a time, the rest in its turn, as much as may wait at the client. */
interface Line {
  asked: number;
  readonly waiting: Set<() => void>;
}

/** How often in a row a plugin's hooks have failed, and since when. */
interface Failing {
  count: number;
  readonly sinceMs: number;
}

/** The interceptor of a client while any of its plugins has a hook. */
export class Hooks implements Interceptor {
  readonly #options: HooksOptions;
  /** Of plugins that are or were running, by rank; those of the earlier life hold until the next one is set up. */
  readonly #hooks = new Map<HostedPlugin, readonly HookInfo[]>();
  /** Declared by plugins that are not yet set up. */
  readonly #fresh = new Map<HostedPlugin, HookInfo[]>();
  /** By call; as many of one plugin as `hookCallsMax`. */
  readonly #asked = new Map<number, Asked>();
  readonly #failing = new Map<HostedPlugin, Failing>();
  readonly #lines = new Map<HostedPlugin, Line>();
  #lastCall = 0;
  #isHurried = false;
  #isClosed = false;

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  /** A plugin declares a hook, which counts once it is set up; what it may not or not any more is refused. */
  declare(plugin: HostedPlugin, info: HookInfo): void {
    const fresh = this.#fresh.get(plugin) ?? [];
    const { granted } = plugin;
    const isPermitted = granted.allows('message.change') || granted.allows('private.change');
    if (plugin.phase !== 'settingUp' || !isPermitted || fresh.length >= limits.hooksMax) {
      plugin.count('refused');
      return;
    }
    this.#fresh.set(plugin, [...fresh, info]);
  }

  /** A plugin is set up: from now on it is asked, in the place of the version that it has replaced, if it has. */
  ready(plugin: HostedPlugin, old?: HostedPlugin): void {
    if (old !== undefined) this.#hooks.delete(old);
    this.#hooks.set(plugin, this.#fresh.get(plugin) ?? []);
    this.#fresh.delete(plugin);
    const ranked = [...this.#hooks].sort(([left], [right]) => left.rank - right.rank);
    this.#hooks.clear();
    for (const [each, hooks] of ranked) this.#hooks.set(each, hooks);
    this.#failing.delete(plugin);
    this.refresh();
  }

  /** Whether a plugin was asked something that it has not answered. */
  owes(plugin: HostedPlugin): boolean {
    return [...this.#asked.values()].some((asked) => asked.plugin === plugin);
  }

  /** The isolate of a plugin is gone, or it is to say goodbye; what it was asked it will not answer. */
  lost(plugin: HostedPlugin, reason: string): void {
    this.#fresh.delete(plugin);
    const verdict: HookVerdict = hasLeft(plugin) ? { type: 'pass' } : { type: 'fail', reason };
    for (const asked of [...this.#asked.values()]) {
      if (asked.plugin === plugin) asked.answer(verdict);
    }
    this.refresh();
  }

  /** Forgets the hooks of plugins that are gone, and leaves the way where there are no others. */
  refresh(): void {
    const { client, plugins } = this.#options;
    let isNeeded = false;
    for (const [plugin, hooks] of this.#hooks) {
      if (hasLeft(plugin) || plugins.get(plugin.slot) !== plugin) {
        this.#hooks.delete(plugin);
        this.#lines.delete(plugin);
      } else isNeeded ||= hooks.length > 0;
    }
    client.intercept(isNeeded ? this : undefined);
  }

  /** Takes an answer; one that nobody waits for any more, or that another plugin was asked for, counts for nothing. */
  answer(plugin: HostedPlugin, call: number, verdict: HookVerdict): void {
    const asked = this.#asked.get(call);
    if (asked?.plugin === plugin) asked.answer(verdict);
  }

  receive(message: ChatMessage, decide: (message?: ChatMessage) => void): void {
    const links = this.#linksOf('receive', message);
    if (links.length === 0) {
      decide(message);
      return;
    }
    this.#pass('receive', message, links, (end) => {
      if ('stop' in end) {
        decide();
      } else if (end.text === message.text) {
        decide(message);
      } else {
        const changed = { ...message, text: end.text };
        this.#options.insight.changed(message, changed);
        decide(changed);
      }
    });
  }

  send(outgoing: Outgoing): string | Promise<string> {
    const { text, origin = '' } = outgoing;
    const draft: DraftInfo =
      'to' in outgoing
        ? { type: 'private', to: outgoing.to, text, origin }
        : { type: 'group', group: outgoing.group, text, origin };
    const links = this.#linksOf('send', draft);
    if (links.length === 0) return text;
    this.#options.insight.drafted(draft, outgoing);
    const passed = Promise.withResolvers<string>();
    this.#pass('send', draft, links, (end) => {
      if ('stop' in end) passed.reject(end.stop);
      else passed.resolve(end.text);
    });
    return passed.promise;
  }

  hurry(): void {
    // What these answers would let be asked is not asked either.
    this.#isHurried = true;
    const reason = 'too many messages waited for it';
    for (const { answer } of [...this.#asked.values()]) answer({ type: 'fail', reason });
    this.#isHurried = false;
  }

  /** Nobody is asked any more; what waits goes on as it is. */
  close(): void {
    this.#isClosed = true;
    this.#options.client.intercept(undefined);
    this.#hooks.clear();
    for (const { answer } of [...this.#asked.values()]) answer({ type: 'pass' });
  }

  #pass(point: Point, subject: Subject, links: readonly Link[], end: Course['end']): void {
    const { clock, insight } = this.#options;
    const untilMs = clock.now() + limits.hookPassageMs;
    this.#goOn(
      { point, subject, trace: insight.traceOf(subject), links, untilMs, end },
      0,
      subject.text,
    );
  }

  /** Those that are to be asked about a message. */
  #linksOf(point: Point, subject: Subject): readonly Link[] {
    const group = 'group' in subject ? subject.group : undefined;
    const links: Link[] = [];
    for (const [plugin, hooks] of this.#hooks) {
      if (hasLeft(plugin) || !mayChange(plugin.granted, group)) continue;
      if ('origin' in subject && subject.origin === plugin.name) continue;
      for (const info of hooks) {
        if (info.point !== point || (info.group !== '' && info.group !== group)) continue;
        links.push({ plugin, info });
      }
    }
    return links;
  }

  #goOn(course: Course, index: number, text: string): void {
    const link = course.links[index];
    if (link === undefined) {
      course.end({ text });
      return;
    }
    const { clock, insight, log } = this.#options;
    const { info, plugin } = link;
    const sinceMs = clock.now();
    this.#ask(course, link, text, (given) => {
      const verdict = judged(given);
      const ms = clock.now() - sinceMs;
      const { outcome, reason, next } = this.#settle(link, verdict, text);
      const what = `hook ${course.point}`;
      const step = { plugin: plugin.name, what, outcome, reason, ms };
      insight.hooked(course.trace, step, course.subject);
      if (plugin.order.isDryRun && next !== text) {
        log(plugin, 'info', `dry run, ${what}: a message would be ${outcome}: ${next ?? reason}`);
        this.#goOn(course, index + 1, text);
        return;
      }
      if (next !== undefined) {
        this.#goOn(course, index + 1, next);
        return;
      }
      if (plugin.note(`hook ${info.hook} ${outcome}`)) this.#tellStop(course, link, reason);
      const data = { plugin: plugin.name, reason };
      const message = `the plugin ${plugin.name} has stopped it: ${reason}`;
      course.end({ stop: new BanterError('STOPPED_BY_PLUGIN', message, { data }) });
    });
  }

  /** What an answer comes to; without a `next` text the message ends. */
  #settle({ info, plugin }: Link, verdict: HookVerdict, text: string): Settled {
    plugin.count('hookCalls');
    if (verdict.type !== 'fail') this.#failing.delete(plugin);
    switch (verdict.type) {
      case 'pass':
        return { outcome: 'passed', reason: '', next: text };
      case 'change':
        if (verdict.text === text) return { outcome: 'passed', reason: '', next: text };
        plugin.count('messagesChanged');
        return { outcome: 'changed', reason: '', next: verdict.text };
      case 'stop':
        plugin.count('messagesStopped');
        return { outcome: 'stopped', reason: verdict.reason || 'no reason given' };
      case 'fail': {
        const { reason } = verdict;
        this.#fail(plugin, info, reason);
        if (info.onFailure === 'open') {
          return { outcome: 'failed', reason: `${reason}; the message goes on`, next: text };
        }
        plugin.count('messagesStopped');
        return { outcome: 'failed', reason: `its hook has failed: ${reason}` };
      }
    }
  }

  /** Puts one question; `done` is called once, whatever becomes of the plugin. */
  #ask(course: Course, { info, plugin }: Link, text: string, done: Asked['answer']): void {
    const { clock, onAsked, work } = this.#options;
    const fail = (reason: string): void => done({ type: 'fail', reason });
    if (hasLeft(plugin) || this.#isClosed) {
      done({ type: 'pass' });
      return;
    }
    if (this.#isHurried) {
      fail('too many messages waited for it');
      return;
    }
    if (plugin.phase === 'quarantined') {
      fail('its plugin is in quarantine');
      return;
    }
    const leftMs = Math.floor(course.untilMs - clock.now());
    if (leftMs < 1) {
      fail(`all hooks together took more than ${limits.hookPassageMs} ms`);
      return;
    }
    const line = this.#lines.get(plugin) ?? { asked: 0, waiting: new Set() };
    if (line.asked >= limits.hookCallsMax) {
      // Its time is that of its answer; what comes in a flood waits for its turn beside that.
      line.waiting.add(() => this.#ask(course, { info, plugin }, text, done));
      return;
    }
    this.#lastCall += 1;
    const call = this.#lastCall;
    const message = { ...course.subject, text };
    if (!plugin.ask({ type: 'hooked', call, hook: info.hook, message })) {
      fail(`${limits.queuedEventsMax} questions wait for it already`);
      return;
    }
    const deadlineMs = Math.min(info.deadlineMs, leftMs);
    const late = (): void => answer({ type: 'fail', reason: `it took more than ${deadlineMs} ms` });
    const cancel = clock.setTimer(() => {
      // What the child has answered while our own loop was busy is taken first.
      work.begin();
      setImmediate(() => {
        late();
        work.end();
      });
    }, deadlineMs);
    const answer = (verdict: HookVerdict): void => {
      if (!this.#asked.delete(call)) return;
      cancel();
      line.asked -= 1;
      done(verdict);
      serve(line);
    };
    line.asked += 1;
    this.#lines.set(plugin, line);
    this.#asked.set(call, { plugin, answer });
    onAsked();
  }

  #fail(plugin: HostedPlugin, info: HookInfo, reason: string): void {
    const { clock, log, onFailing } = this.#options;
    plugin.count('hookFailures');
    if (plugin.note(`hook ${info.hook} failed`)) {
      const then = info.onFailure === 'open' ? 'the message goes on' : 'the message is stopped';
      log(
        plugin,
        'warn',
        `hook ${info.point}: ${reason}; ${then} (further failures are only counted)`,
      );
    }
    if (!plugin.alive) return;
    const failing = this.#failing.get(plugin) ?? { count: 0, sinceMs: clock.now() };
    failing.count += 1;
    this.#failing.set(plugin, failing);
    const lastsMs = clock.now() - failing.sinceMs;
    if (failing.count < limits.hookFailuresMax || lastsMs < limits.hookFailingMs) return;
    this.#failing.delete(plugin);
    onFailing(plugin, `its hooks failed ${failing.count} times in a row, at last: ${reason}`);
  }

  #tellStop({ point, subject }: Course, { plugin }: Link, reason: string): void {
    const whose = 'group' in subject ? `of #${subject.group}` : 'in private';
    const what =
      point === 'receive' ? `a message ${whose} is not shown` : `a message ${whose} is not sent`;
    this.#options.log(
      plugin,
      'info',
      `${what}: ${reason} (further ones are only counted; "explain" tells of each)`,
    );
  }
}

/** Asks what waits, as far as there is room. */
function serve(line: Line): void {
  while (line.asked < limits.hookCallsMax) {
    const [next] = line.waiting;
    if (next === undefined) return;
    line.waiting.delete(next);
    next();
  }
}

/** Whether a plugin is, or is about to be, unloaded. */
function hasLeft({ phase }: HostedPlugin): boolean {
  return phase === 'stopping' || phase === 'stopped';
}
