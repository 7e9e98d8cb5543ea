import { beforeEach, expect, test } from 'vitest';
import { type Confirmations, createConfirmations } from '../../../main/agent/confirmations/confirmations.ts';
import { clusterId } from '../../../main/model/cluster.ts';
import type { Confirmation } from '../../../main/model/confirmation.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

const cluster = clusterId('eks', '1', 'eu-west-1', 'ledger');
const question = { cluster, client: 'Claude', pid: 7 };
const how = { waitMs: 4_000, signal: new AbortController().signal };

let clock: SkippingClock;
let shown: readonly Confirmation[];
let confirmations: Confirmations;
beforeEach(() => {
  clock = skippingClock();
  shown = [];
  confirmations = createConfirmations({
    clock,
    onChange: (waiting) => {
      shown = waiting;
    },
  });
});

const idOf = () => shown[0]?.id ?? '';

test('a question waits for the user, and its answer ends the wait', async () => {
  const answer = confirmations.ask(question, how);
  expect(shown).toMatchObject([question]);
  confirmations.answer(idOf(), true);
  expect(await answer).toBe('allowed');
  expect(shown).toEqual([]);
  // Until what it was for is done.
  expect(await confirmations.ask(question, how)).toBe('allowed');
  confirmations.used(question);
  void confirmations.ask(question, how);
  expect(shown).toHaveLength(1);
});

test('without an answer the caller hears that it waits, and the question is the same when it asks again', async () => {
  const first = confirmations.ask(question, how);
  const id = idOf();
  clock.skip(4_000);
  expect(await first).toBe('waiting');
  expect(shown).toHaveLength(1);
  const second = confirmations.ask(question, how);
  expect(shown).toMatchObject([{ id }]);
  confirmations.answer(id, false);
  expect(await second).toBe('declined');
});

test('a no counts for ten minutes: the user is not asked again and again', async () => {
  const first = confirmations.ask(question, how);
  confirmations.answer(idOf(), false);
  await first;
  clock.skip(9 * 60_000);
  expect(await confirmations.ask(question, how)).toBe('declined');
  expect(shown).toEqual([]);
  clock.skip(2 * 60_000);
  void confirmations.ask(question, how);
  expect(shown).toHaveLength(1);
});

test('a question that nobody asks any more goes, and cannot be answered', async () => {
  const asked = confirmations.ask(question, how);
  const id = idOf();
  clock.skip(4_000);
  await asked;
  clock.skip(31_000);
  expect(shown).toEqual([]);
  expect(() => confirmations.answer(id, true)).toThrow(expect.objectContaining({ code: 'not-found' }));
});

test('an answer is for one process and one cluster', async () => {
  const mine = confirmations.ask(question, how);
  confirmations.answer(idOf(), true);
  await mine;
  void confirmations.ask({ ...question, pid: 8 }, how);
  void confirmations.ask({ ...question, cluster: clusterId('eks', '1', 'eu-west-1', 'other') }, how);
  expect(shown).toHaveLength(2);
});

test('the end of a process takes its questions and answers with it', async () => {
  const answer = confirmations.ask(question, how);
  confirmations.withdraw(7);
  expect(await answer).toBe('declined');
  expect(shown).toEqual([]);
});

test('a process cannot fill the screen with questions, and its name is one short line', async () => {
  for (let at = 0; at < 5; at += 1)
    void confirmations.ask(
      {
        ...question,
        client: `C\u202e\n${'x'.repeat(200)}`,
        cluster: clusterId('eks', '1', 'eu-west-1', `c${at}`),
      },
      how,
    );
  expect(shown).toHaveLength(5);
  expect(shown[0]?.client).toMatch(/^C x{1,60}$/);
  await expect(confirmations.ask(question, how)).rejects.toMatchObject({ code: 'production-unconfirmed' });
  await expect(
    confirmations.ask({ ...question, pid: 8 }, { ...how, signal: AbortSignal.abort() }),
  ).resolves.toBe('waiting');
});
