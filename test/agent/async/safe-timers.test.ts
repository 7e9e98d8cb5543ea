import { expect, it } from 'vitest';
import { withSafeTimers } from '../../../main/agent/async/safe-timers.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';

it('logs what a timer throws, and cancels as the clock does', async () => {
  const logged: unknown[] = [];
  const logger = {
    ...silentLogger,
    error: (message: string, fields = {}) => void logged.push([message, fields]),
  };
  const clock = withSafeTimers(systemClock, logger);
  clock.timer(0, () => {
    throw new Error('EMFILE');
  });
  clock.timer(0, () => {
    throw new Error('cancelled');
  })();
  await clock.sleep(5);
  expect(logged).toMatchObject([['A timer failed', { error: { message: 'EMFILE' } }]]);
});
