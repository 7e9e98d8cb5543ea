import { expect, test } from 'vitest';
import type { AgentClient } from '../../../main/api/conversation.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { createPageStore } from '../../../renderer/agent/page-store.ts';
import { accountKey, createSignIns, isOwn, type OwnAccount } from '../../../renderer/agent/sign-ins.ts';
import { anAccount } from '../shown.ts';

function own(session: string, provider: OwnAccount['provider'] = 'aws'): OwnAccount {
  const account = anAccount(session, { provider });
  if (!isOwn(account)) throw new Error('it is not ours');
  return account;
}

/** A page whose agent is the test; like the agent it answers an abort. */
function setUp() {
  const store = createPageStore();
  const calls: { name: string; input: unknown; answer(output: unknown): void; refuse(error: Error): void }[] =
    [];
  const call = (name: string, input: unknown, options?: { readonly signal?: AbortSignal }) =>
    new Promise((answer, refuse) => {
      options?.signal?.addEventListener('abort', () => refuse(new AppError('cancelled', 'Cancelled.')));
      calls.push({ name, input, answer, refuse });
    });
  const actions = createSignIns({
    store,
    link: { call: call as AgentClient['call'], look() {}, retry() {} },
  });
  const stateOf = (account: OwnAccount) => store.get().signIns.get(accountKey(account));
  return { actions, calls, store, stateOf };
}

const acme = own('acme');

test('a sign-in is under way until it is answered; another wish meanwhile asks for nothing', async () => {
  const { actions, calls, stateOf } = setUp();
  const done = actions.signIn(acme);
  expect(stateOf(acme)).toEqual({ status: 'signing-in' });
  await Promise.all([actions.signIn(acme), actions.signOut(acme)]);
  expect(calls).toMatchObject([{ name: 'login', input: { provider: 'aws', session: 'acme' } }]);
  calls[0]?.answer({ account: acme });
  await done;
  expect(stateOf(acme)).toBeUndefined();
});

test('a cancelled one leaves nothing to be told, and another can be begun', async () => {
  const { actions, calls, stateOf } = setUp();
  const done = actions.signIn(acme);
  actions.cancelSignIn(own('other'));
  expect(stateOf(acme)).toEqual({ status: 'signing-in' });
  actions.cancelSignIn(acme);
  await done;
  expect(stateOf(acme)).toBeUndefined();
  void actions.signIn(acme);
  expect(calls).toHaveLength(2);
});

test('a password goes to the agent and stands in no state, also where it was wrong', async () => {
  const { actions, calls, store, stateOf } = setUp();
  const vault = own('vault.example:8200', 'vault');
  const password = { username: 'ada', password: 'hunter2' };
  const done = actions.signIn(vault, password);
  expect(calls[0]?.input).toEqual({ provider: 'vault', session: vault.session, password });
  const states = () => JSON.stringify([...store.get().signIns]);
  expect(states()).not.toContain('hunter2');
  calls[0]?.refuse(new AppError('login-failed', 'Vault does not accept it.', { hint: 'Try again.' }));
  await done;
  expect(stateOf(vault)).toMatchObject({
    status: 'failed',
    to: 'sign-in',
    error: { message: 'Vault does not accept it.', hint: 'Try again.' },
  });
  expect(states()).not.toContain('hunter2');
});

test('a sign-out tells what it left; what is over is forgotten, what is under way is not', async () => {
  const { actions, calls, stateOf } = setUp();
  const azure = own('organizations', 'azure');
  const done = actions.signOut(acme);
  expect(stateOf(acme)).toEqual({ status: 'signing-out' });
  const result = { removed: ['A file'], remaining: ['The session in the browser.'] };
  calls[0]?.answer(result);
  await done;
  expect(stateOf(acme)).toEqual({ status: 'signed-out', result });
  void actions.signIn(azure);
  actions.clearSignIns();
  expect([stateOf(acme), stateOf(azure)]).toEqual([undefined, { status: 'signing-in' }]);
});

test('what belongs to another tool is not ours', () => {
  expect(isOwn(anAccount('Azure CLI', { provider: 'azure', ours: false }))).toBe(false);
  expect(isOwn(anAccount('acme.cloudflareaccess.com', { provider: 'access' }))).toBe(true);
});
