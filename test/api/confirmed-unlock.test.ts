import { expect, test, vi } from 'vitest';
import { type ConfirmUnlock, withConfirmedUnlock } from '../../main/api/confirmed-unlock.ts';
import type { Input } from '../../main/api/contract.ts';
import type { Handlers } from '../../main/api/dispatch.ts';
import { AppError } from '../../main/model/app-error.ts';
import { aCluster } from '../renderer/shown.ts';

const { id } = aCluster('ledger');
const call = { signal: new AbortController().signal };
const asked: Input<'unlock'> = { cluster: 'ledger', reason: 'INC-4711' };

function guarded(confirm: ConfirmUnlock) {
  const given: Input<'unlock'>[] = [];
  const handlers = {
    async unlock(input: Input<'unlock'>) {
      given.push(input);
      if (input.cluster !== 'ledger') throw new AppError('not-found', 'There is no such cluster.');
      if (input.production !== true) throw new AppError('production-unconfirmed', 'ledger is production.');
      return { cluster: id, reason: input.reason, who: 'ada', since: 1, until: 2 };
    },
  } as unknown as Handlers;
  return { given, unlock: withConfirmedUnlock(handlers, confirm).unlock };
}

test('the answer of the desktop app counts, whatever the program says that its user has answered', async () => {
  const confirm = vi.fn<ConfirmUnlock>(async () => false);
  const { unlock, given } = guarded(confirm);
  await expect(unlock({ ...asked, production: true }, call)).rejects.toMatchObject({ code: 'cancelled' });
  expect(given).toEqual([asked]);
  expect(confirm).toHaveBeenCalledExactlyOnceWith(
    { message: 'ledger is production.', reason: 'INC-4711' },
    call.signal,
  );
  confirm.mockResolvedValue(true);
  expect(await unlock(asked, call)).toMatchObject({ cluster: id, reason: 'INC-4711' });
});

test('what cannot be unlocked asks nothing', async () => {
  const confirm = vi.fn<ConfirmUnlock>();
  await expect(guarded(confirm).unlock({ ...asked, cluster: 'other' }, call)).rejects.toMatchObject({
    code: 'not-found',
  });
  expect(confirm).not.toHaveBeenCalled();
});

test('one question at a time, and none is left open by a caller that has gone', async () => {
  const answers: ((isYes: boolean) => void)[] = [];
  const { unlock } = guarded(() => new Promise((resolve) => void answers.push(resolve)));
  const gone = new AbortController();
  const first = unlock(asked, { signal: gone.signal });
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  await expect(unlock(asked, call)).rejects.toMatchObject({ code: 'confirmation-needed' });
  gone.abort();
  answers[0]?.(true);
  await expect(first).rejects.toMatchObject({ code: 'cancelled' });
  const next = unlock(asked, call);
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]?.(true);
  expect(await next).toMatchObject({ who: 'ada' });
});
