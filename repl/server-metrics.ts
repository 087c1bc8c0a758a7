/** A server's counters in the format of Prometheus; read when somebody scrapes, so that counting costs nothing more. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Server, ServerProblem, ServerStats } from '../core/server-api.ts';
import type { Page } from './status-server.ts';

type Reading = readonly [name: string, help: string, read: (stats: ServerStats) => number];

const counters: readonly Reading[] = [
  ['handshakes', 'Connections that clients have opened', (stats) => stats.handshakes],
  ['requests', 'Messages of clients, confirmations too', (stats) => stats.requests],
  ['messages', 'Messages to groups that were given their place', (stats) => stats.messages],
  ['deliveries', 'Messages handed to the connections of members', (stats) => stats.deliveries],
  ['relayed_datagrams', 'Datagrams of private conversations', (stats) => stats.relayed],
  ['datagrams_received', 'UDP datagrams received', (stats) => stats.datagramsReceived],
  ['datagrams_sent', 'UDP datagrams sent', (stats) => stats.datagramsSent],
  ['received_bytes', 'Payload of UDP datagrams received', (stats) => stats.bytesReceived],
  ['sent_bytes', 'Payload of UDP datagrams sent', (stats) => stats.bytesSent],
  ['store_writes', 'Writes to the store', (stats) => stats.storeWrites],
  ['store_changes', 'Changes in those writes', (stats) => stats.storeChanges],
  ['store_failed_reads', 'Questions that the store could not answer', (stats) => stats.failedReads],
  ['mails', 'Private messages kept for who was absent', (stats) => stats.mails],
];

const gauges: readonly Reading[] = [
  ['connections', 'Connections, half-open and auxiliary ones too', (stats) => stats.connections],
  ['names', 'Names that belong to a key', (stats) => stats.names],
  ['names_online', 'Names whose client is connected', (stats) => stats.online],
  ['groups', 'Groups', (stats) => stats.groups],
  ['group_members', 'Memberships, those of absent clients too', (stats) => stats.members],
  ['group_log_bytes', 'Memory of the logs of groups', (stats) => stats.logBytes],
  ['mails_waiting', 'Private messages that wait for who is absent', (stats) => stats.envelopes],
  ['mails_waiting_bytes', 'What these take', (stats) => stats.envelopeBytes],
  ['store_queue_changes', 'Changes on their way to the store', (stats) => stats.unstored],
];

/** All that there may be; the compiler holds the table against the type. */
const problems = Object.keys({
  closing: true,
  storeFailed: true,
  storeFull: true,
  storeSilent: true,
  storeGone: true,
} satisfies Readonly<Record<ServerProblem, true>>) as readonly ServerProblem[];

const quantiles = [0.5, 0.9, 0.99];

/** Seconds: a write to memory, to a fast disk, to a slow one, to one that makes people complain. */
const writeBuckets = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];
const batchBuckets = [1, 4, 16, 64, 256, 1024, 4096];

/** Every name begins with `banter_`, but for those of the process. */
export class ServerMetrics {
  readonly #server: Server;
  readonly #registry = new Registry();
  readonly #settings: { readonly registers: [Registry] };
  readonly #refresh: ((stats: ServerStats) => void)[] = [];

  /** @param version of the program */
  constructor(server: Server, version: string) {
    this.#server = server;
    this.#settings = { registers: [this.#registry] };
    collectDefaultMetrics({ register: this.#registry });
    const help = 'The program, always 1';
    this.#gauge('info', help, ['version']).set({ version }, 1);
    for (const reading of counters) this.#addCounter(reading);
    for (const [name, words, read] of gauges) {
      const gauge = this.#gauge(name, words, []);
      this.#refresh.push((stats) => gauge.set(read(stats)));
    }
    this.#addDrops();
    this.#addRtt();
    this.#addProblems();
    this.#watchStore();
  }

  /** What is so at this moment. */
  async page(): Promise<Page> {
    const { stats } = this.#server;
    for (const refresh of this.#refresh) refresh(stats);
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #addCounter([name, help, read]: Reading): void {
    const counter = new Counter({ name: `banter_${name}_total`, help, ...this.#settings });
    this.#refresh.push((stats) => {
      counter.reset();
      counter.inc(read(stats));
    });
  }

  #addDrops(): void {
    const help = 'Datagrams and messages that were dropped';
    const name = 'banter_drops_total';
    const counter = new Counter({ name, help, labelNames: ['reason'], ...this.#settings });
    this.#refresh.push(({ drops }) => {
      counter.reset();
      for (const [reason, count] of drops) counter.inc({ reason }, count);
    });
  }

  #addRtt(): void {
    const gauge = this.#gauge('rtt_seconds', 'Round-trip times of the connections', ['quantile']);
    this.#refresh.push(({ rttsMs }) => {
      gauge.reset();
      for (const quantile of quantiles) {
        const rttMs = rttsMs[Math.floor(quantile * rttsMs.length)];
        if (rttMs !== undefined) gauge.set({ quantile }, rttMs / 1000);
      }
    });
  }

  #addProblems(): void {
    const gauge = this.#gauge('problem', '1 where the server has this problem', ['problem']);
    this.#refresh.push(() => {
      const present = this.#server.problems;
      for (const problem of problems) gauge.set({ problem }, present.includes(problem) ? 1 : 0);
    });
  }

  #watchStore(): void {
    const writes = new Histogram({
      name: 'banter_store_write_seconds',
      help: 'How long a write to the store takes',
      buckets: writeBuckets,
      ...this.#settings,
    });
    const batches = new Histogram({
      name: 'banter_store_batch_changes',
      help: 'Changes in one write to the store',
      buckets: batchBuckets,
      ...this.#settings,
    });
    this.#server.on('stored', (changes, tookMs) => {
      writes.observe(tookMs / 1000);
      batches.observe(changes);
    });
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Gauge<Label> {
    return new Gauge({
      name: `banter_${name}`,
      help,
      labelNames: [...labelNames],
      ...this.#settings,
    });
  }
}
