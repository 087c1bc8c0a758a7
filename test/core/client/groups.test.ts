import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { temporaryHome } from '../../support/home.ts';
import { LossyProxy } from '../../support/lossy-proxy.ts';
import { codeOf, textsOf, told, World } from './world.ts';

describe('a group', () => {
  it('whose name is too long for the wire is refused at once, and not left without an answer', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann');
    const long = 'x'.repeat(129);
    assert.equal(await codeOf(ann.createGroup(long)), 'GROUP_NAME_INVALID');
    assert.equal(await codeOf(ann.joinGroup(long)), 'GROUP_UNKNOWN');
    assert.equal(await codeOf(ann.listMembers(long)), 'GROUP_UNKNOWN');
    assert.equal(await codeOf(ann.sendGroup(long, 'hello')), 'GROUP_UNKNOWN');
    assert.equal(await codeOf(ann.reportUnanswered(long)), 'USER_UNKNOWN');
  });

  it('gives every message a place, the same for all, and echoes none to its sender', async (t) => {
    const world = await World.start(t);
    const members = await world.gather('dev', 'Ann', 'Bob', 'Carol');
    const heard = members.map((member) => told(member, 'groupMessageReceived'));
    const receipts = await Promise.all(
      members.flatMap((member) =>
        Array.from({ length: 20 }, (_, at) => member.sendGroup('DEV', `${member.name} ${at}`)),
      ),
    );
    await Promise.all(heard.map((each) => each.count(40)));
    const bySeq = receipts.toSorted((a, b) => a.seq - b.seq);
    assert.deepEqual(
      bySeq.map(({ seq }) => seq),
      Array.from({ length: 60 }, (_, at) => at + 1),
    );
    for (const [at, each] of heard.entries()) {
      const name = members[at]?.name;
      const seqs = each.values.map(({ seq }) => seq);
      assert.deepEqual(
        seqs,
        seqs.toSorted((a, b) => a - b),
      );
      assert.ok(each.values.every(({ from }) => from !== name));
      for (const { mid, seq, logId } of each.values) {
        assert.deepEqual([bySeq[seq - 1]?.mid, bySeq[seq - 1]?.logId], [mid, logId]);
      }
    }
    const [receipt] = receipts;
    assert.deepEqual([receipt?.group, receipt?.durable], ['dev', false]);
  });

  it('tells who comes and goes, and lists its members in the order of their coming', async (t) => {
    const world = await World.start(t);
    const [ann] = await world.gather('dev', 'Ann');
    assert.ok(ann);
    const [came, went] = [told(ann, 'memberJoined'), told(ann, 'memberLeft')];
    const bob = await world.join('Bob', { bot: true });
    await bob.joinGroup('dev');
    assert.deepEqual(await came.count(1), [{ group: 'dev', name: 'Bob', bot: true }]);
    assert.deepEqual(await ann.listMembers('dev'), ['Ann', 'Bob']);
    await bob.leaveGroup('dev');
    await bob.joinGroup('dev');
    await bob.close();
    assert.deepEqual(
      (await went.count(2)).map(({ reason }) => reason),
      ['left', 'deregistered'],
    );
    assert.deepEqual(await ann.listMembers('dev'), ['Ann']);
  });

  it('is refused what it cannot do, with a code', async (t) => {
    const world = await World.start(t);
    const [ann] = await world.gather('dev', 'Ann');
    assert.ok(ann);
    await ann.createGroup('Ops');
    assert.deepEqual(await ann.listGroups(), ['Ops', 'dev']);
    assert.equal(await codeOf(ann.createGroup('DEV')), 'GROUP_EXISTS');
    assert.equal(await codeOf(ann.createGroup('two words')), 'GROUP_NAME_INVALID');
    assert.equal(await codeOf(ann.joinGroup('nowhere')), 'GROUP_UNKNOWN');
    assert.equal(await codeOf(ann.joinGroup('dev')), 'ALREADY_MEMBER');
    assert.equal(await codeOf(ann.joinGroup('ops')), 'GROUP_LIMIT');
    assert.equal(await codeOf(ann.sendGroup('ops', 'hello')), 'NOT_MEMBER');
    assert.equal(await codeOf(ann.listMembers('ops')), 'NOT_MEMBER');
    assert.equal(await codeOf(ann.leaveGroup('ops')), 'NOT_MEMBER');
    assert.equal(await codeOf(ann.reportUnanswered('Nobody')), 'USER_UNKNOWN');
    assert.deepEqual(ann.groups, ['dev']);
  });

  it('carries texts of up to 60,000 bytes, and refuses more before it is sent', async (t) => {
    const world = await World.start(t);
    const [ann, bob] = await world.gather('dev', 'Ann', 'Bob');
    assert.ok(ann && bob);
    const heard = told(bob, 'groupMessageReceived');
    const longest = 'x'.repeat(60_000);
    await ann.sendGroup('dev', longest);
    assert.equal(await codeOf(ann.sendGroup('dev', 'x'.repeat(65_536))), 'MESSAGE_TOO_LONG');
    await ann.sendGroup('dev', '');
    assert.deepEqual(textsOf(await heard.count(2)), [longest, '']);
  });

  it('is several at a time where the server allows it, each with an order of its own', async (t) => {
    const world = await World.start(t, { policy: { groupsPerClient: 3 } });
    const [ann, bob] = await world.gather('one', 'Ann', 'Bob');
    assert.ok(ann && bob);
    await ann.createGroup('two');
    await Promise.all([ann.joinGroup('two'), bob.joinGroup('two')]);
    const heard = told(bob, 'groupMessageReceived');
    await ann.sendGroup('two', 'first of two');
    await ann.sendGroup('one', 'first of one');
    const places = (await heard.count(2)).map(({ group, seq }) => `${group} ${seq}`);
    assert.deepEqual(places.toSorted(), ['one 1', 'two 1']);
    assert.deepEqual(ann.groups, ['one', 'two']);
  });

  it('sends nothing of what was said before to who joins', async (t) => {
    const world = await World.start(t);
    const [ann] = await world.gather('dev', 'Ann');
    assert.ok(ann);
    await ann.sendGroup('dev', 'before');
    const bob = await world.join('Bob');
    const heard = told(bob, 'groupMessageReceived');
    await bob.joinGroup('dev');
    await ann.sendGroup('dev', 'after');
    const [message] = await heard.count(1);
    assert.deepEqual([message?.text, message?.seq, message?.recovered], ['after', 2, false]);
  });

  it('can be given up waiting for', async (t) => {
    const world = await World.start(t);
    const [ann] = await world.gather('dev', 'Ann');
    assert.ok(ann);
    const controller = new AbortController();
    const sending = ann.sendGroup('dev', 'hello', { signal: controller.signal });
    controller.abort();
    assert.equal(await codeOf(sending), 'ABORTED');
  });
});

describe('a member that reads nothing', () => {
  it('keeps nobody waiting, and gets everything in order once it reads again', async (t) => {
    const world = await World.start(t);
    const proxy = await LossyProxy.start({ target: world.server.address, seed: 1 });
    t.after(() => proxy.close());
    const [ann, bob] = await world.gather('dev', 'Ann', 'Bob');
    assert.ok(ann && bob);
    const server = `${proxy.address.host}:${proxy.address.port}`;
    const slow = await world.join('Slow', { server });
    await slow.joinGroup('dev');
    const [byBob, bySlow] = [told(bob, 'groupMessageReceived'), told(slow, 'groupMessageReceived')];
    proxy.blackhole();
    const texts = Array.from({ length: 80 }, (_, at) => `${at} ${'x'.repeat(10_000)}`);
    for (const text of texts) await ann.sendGroup('dev', text);
    assert.deepEqual(textsOf(await byBob.count(80)), texts);
    assert.deepEqual(bySlow.values, []);
    proxy.restore();
    assert.deepEqual(textsOf(await bySlow.count(80)), texts);
  });

  it('meets a gap where the group has forgotten, and goes on after it', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t, { policy: { groupsPerClient: 2 } });
    const proxy = await LossyProxy.start({ target: world.server.address, seed: 1 });
    t.after(() => proxy.close());
    const [ann] = await world.gather('dev', 'Ann');
    assert.ok(ann);
    const server = `${proxy.address.host}:${proxy.address.port}`;
    const slow = await world.join('Slow', { server, dataDir, silenceMs: 60_000 });
    await slow.joinGroup('dev');
    const [gaps, heard] = [told(slow, 'gapFound'), told(slow, 'groupMessageReceived')];
    proxy.blackhole();
    // The log of a group keeps 4 MiB.
    const texts = Array.from({ length: 90 }, (_, at) => `${at} ${'x'.repeat(59_000)}`);
    for (const text of texts) await ann.sendGroup('dev', text);
    proxy.restore();
    await heard.until((values) => values.at(-1)?.seq === 90);
    assert.deepEqual(gaps.values, ['dev']);
    const received = textsOf(heard.values);
    assert.deepEqual(received.slice(-60), texts.slice(-60));
    assert.ok(received.length < 90);
  });
});
