/** How long messages of twenty chatting clients take while somebody floods the server, and while nobody does. */

import { setTimeout } from 'node:timers/promises';
import { FloodedChat } from '../net/flood.ts';

const perSecond = 10_000;
const seconds = 5;

/** @returns lines for people */
export async function benchFlood(): Promise<readonly string[]> {
  await using chat = await FloodedChat.start();
  await chat.chatUntil(setTimeout(seconds * 1000));
  await chat.allHeard();
  const quiet = chat.latenciesMs.splice(0);
  const { end } = await chat.flood(perSecond, seconds);
  await chat.chatUntil(end);
  await chat.allHeard();
  const report = await end;
  return [
    `20 clients in turn, ${Math.round(report.sent / report.seconds).toLocaleString('en')} forged datagrams/s for ${report.seconds.toFixed(1)} s`,
    `  quiet:   ${described(quiet)}`,
    `  flooded: ${described(chat.latenciesMs)}`,
  ];
}

function described(latenciesMs: readonly number[]): string {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    `${(sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)} of ${sorted.length.toLocaleString('en')} deliveries`;
}
