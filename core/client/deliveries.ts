/** Turns what the server sends by itself into events, and tells it how far the groups were handled. */

import type { Mirror } from '../chat/mirror.ts';
import type { DirectoryEntry } from '../chat/types.ts';
import type { WelcomeGroup } from '../chat/wire.ts';
import type { Environment } from '../net/transport.ts';
import { toHex } from '../protocol/bytes.ts';
import type { Cursors } from './cursors.ts';
import type { GroupPush, Joined, Memberships } from './memberships.ts';
import { OrderNews, removalOf } from './order-news.ts';
import type { Passage } from './passage.ts';
import type { Push } from './session-options.ts';

/** The server is told what was handled at the latest this long after… Milliseconds. */
const confirmDelayMs = 100;

/** …or after this many messages. */
const confirmMessagesMax = 64;

export interface DeliveriesOptions {
  readonly passage: Passage;
  readonly environment: Environment;
  readonly mirror: Mirror;
  readonly memberships: Memberships;
  readonly cursors: Cursors;
  readonly onDirectory: (changed: readonly DirectoryEntry[]) => void;
  /** The server took this client out of a group. */
  readonly onGroupLost: (group: string) => void;
  /** Tells the server that everything up to `seq` was handled. */
  readonly onHandled: (conversation: number, seq: number) => void;
  /** More came than can wait for its group to be named. */
  readonly onOverrun: () => void;
}

export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #order: OrderNews;
  /** Conversations of which something was handled that the server does not know of yet. */
  readonly #unconfirmed = new Set<number>();
  #unconfirmedCount = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    this.#order = new OrderNews(options.passage);
    options.cursors.onReleased = (group) => {
      const conversation = options.memberships.conversationOf(group);
      if (conversation !== undefined) this.#confirmSoon(conversation);
    };
  }

  /** Tells what came of groups before anybody could listen; from now on everything is told at once. */
  open(): void {
    for (const { push, conversation } of this.#options.memberships.open()) {
      this.receiveGroup(push, conversation);
    }
  }

  /** Goes by the memberships that a welcome tells of, and takes what has come for them already. */
  resume(groups: readonly WelcomeGroup[]): void {
    const { memberships, cursors } = this.#options;
    memberships.resume(groups);
    for (const { conversation, group, logId, seq } of groups) {
      const toldSeq = memberships.at(conversation)?.seq ?? seq;
      // What was handled since the registration went out, nobody has told the server yet.
      if (cursors.handled(group, logId, toldSeq) > seq) this.#confirmSoon(conversation);
      for (const push of memberships.takeEarly(conversation)) this.receiveGroup(push, conversation);
    }
  }

  /** Takes word that this client is a member, and what has come for the group already. */
  receiveJoined(joined: Joined): void {
    for (const push of this.#options.memberships.add(joined)) {
      this.receiveGroup(push, joined.conversation);
    }
  }

  /** Takes a push; a listener that throws is its owner's error, the message counts as handled. */
  receive(push: Push, conversation: number): void {
    const { passage, mirror, onDirectory, onGroupLost } = this.#options;
    switch (push.type) {
      case 'directoryDelta':
        onDirectory(mirror.apply(push));
        break;
      case 'directoryEntries':
        onDirectory(mirror.learn(push.entries));
        break;
      case 'directoryReset':
        onDirectory(mirror.reset(push));
        break;
      case 'nameReleased':
        onDirectory(mirror.forget(push.name, toHex(push.key)));
        break;
      case 'announced':
        passage.emit('announced', { by: push.by, text: push.text, atMs: push.atMs });
        break;
      case 'groupMessage':
      case 'gap':
        this.receiveGroup(push, conversation);
        break;
      case 'memberJoined':
        passage.emit('memberJoined', { group: push.group, name: push.name, bot: push.bot });
        break;
      case 'memberLeft': {
        const reason = push.reason === 'forgotten' ? 'left' : push.reason;
        const { group, name } = push;
        passage.emit('memberLeft', { group, name, reason, ...removalOf(push) });
        break;
      }
      case 'groupLost':
        onGroupLost(push.group);
        passage.emit('groupLost', push.group, push.reason, removalOf(push));
        break;
      case 'roleChanged':
      case 'topicChanged':
      case 'muteChanged':
      case 'invited':
      case 'settingsChanged':
        this.#order.receive(push);
        break;
    }
  }

  /** Takes a push of a group's conversation, or keeps it until the group of the conversation is known. */
  receiveGroup(push: GroupPush, conversation: number): void {
    const { passage, memberships, onOverrun } = this.#options;
    if (memberships.keepIfEarly(conversation, push)) {
      if (memberships.isOverrun) onOverrun();
      return;
    }
    if (push.type === 'gap') {
      const gap = memberships.receiveGap(conversation, push);
      if (gap === undefined) return;
      passage.emit('gapFound', gap.group, gap.count || undefined);
    } else {
      const message = memberships.receive(conversation, push);
      if (message === undefined) return;
      passage.deliver(message);
    }
    this.#confirmSoon(conversation);
  }

  /** Tells the server what was handled since the last time: one word a group, however many messages. */
  confirm(): void {
    const { memberships, cursors, onHandled } = this.#options;
    for (const conversation of this.#unconfirmed) {
      const told = memberships.at(conversation);
      if (told === undefined) continue;
      const { group, logId, seq } = told;
      onHandled(conversation, cursors.handled(group, logId, seq));
    }
    this.#unconfirmed.clear();
    this.#unconfirmedCount = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
  #confirmSoon(conversation: number): void {
    this.#unconfirmed.add(conversation);
    if (++this.#unconfirmedCount >= confirmMessagesMax) this.confirm();
    else {
      const { environment } = this.#options;
      this.#cancelTimer ??= environment.setTimer(() => this.confirm(), confirmDelayMs);
    }
  }
}
