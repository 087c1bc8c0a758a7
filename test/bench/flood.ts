/** How long messages of twenty chatting clients take while somebody floods the server, and while nobody does. */

import { setTimeout } from 'node:timers/promises';
import { FloodedChat } from '../net/flood.ts';
import type { Benchmark } from './benchmark.ts';
import { percentile } from './statistics.ts';

const perSecond = 10_000;
const seconds = 5;

export const flood: Benchmark = {
  name: 'flood',
  about: () =>
    `20 clients in turn, without and under ${perSecond} forged datagrams/s for ${seconds} s (goal: p99 under 100)`,
  subjects: ['banter'],
  figures: [
    { key: 'quiet', title: 'quiet p99 ms', digits: 1 },
    { key: 'p50', title: 'flooded p50 ms', digits: 1 },
    { key: 'p99', title: 'flooded p99 ms', digits: 1 },
    { key: 'worst', title: 'flooded worst ms', digits: 1 },
    { key: 'forged', title: 'forged/s', digits: 0 },
  ],
  measure: async () => {
    await using chat = await FloodedChat.start();
    await chat.chatUntil(setTimeout(seconds * 1000));
    await chat.allHeard();
    const quiet = chat.latenciesMs.splice(0);
    const { end } = await chat.flood(perSecond, seconds);
    await chat.chatUntil(end);
    await chat.allHeard();
    const report = await end;
    return {
      quiet: percentile(quiet, 0.99),
      p50: percentile(chat.latenciesMs, 0.5),
      p99: percentile(chat.latenciesMs, 0.99),
      worst: percentile(chat.latenciesMs, 1),
      forged: report.sent / report.seconds,
    };
  },
};
