import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BanterError } from '../../../core/errors.ts';
import { systemEnvironment } from '../../../core/net/system.ts';

describe('the machine’s environment', () => {
  it('keeps a timer of years from firing at once', async () => {
    let isFired = false;
    const cancel = systemEnvironment.setTimer(() => {
      isFired = true;
    }, 2 ** 40);
    await new Promise<void>((resolve) => systemEnvironment.setTimer(resolve, 20));
    cancel();
    assert.equal(isFired, false);
  });

  it('forgets a timer that is cancelled', async () => {
    const fired: string[] = [];
    systemEnvironment.setTimer(() => fired.push('cancelled'), 1)();
    await new Promise<void>((resolve) => systemEnvironment.setTimer(resolve, 10));
    assert.deepEqual(fired, []);
  });

  it('resolves literals and localhost, and says which host nobody knows', async () => {
    assert.equal(await systemEnvironment.resolve('127.0.0.1'), '127.0.0.1');
    assert.match(await systemEnvironment.resolve('localhost'), /^(127\.0\.0\.1|::1)$/);
    await assert.rejects(
      systemEnvironment.resolve('nobody.invalid'),
      (error) =>
        error instanceof BanterError &&
        error.code === 'ADDRESS_INVALID' &&
        error.message.includes('nobody.invalid'),
    );
  });
});
