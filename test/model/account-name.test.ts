import { expect, test } from 'vitest';
import { accountText, accountTitle, locationText } from '../../main/model/account-name.ts';

const payments = { account: '444455556666', accountName: 'Payments' };

test('an account is called by its name, where there is one', () => {
  expect(accountTitle(payments)).toBe('Payments');
  expect(accountText(payments)).toBe('Payments (444455556666)');
  expect(accountTitle({ account: 'acme-shop' })).toBe('acme-shop');
  expect(accountText({ account: 'acme-shop' })).toBe('acme-shop');
});

test.each([
  [{ source: 'eks', ...payments, region: 'eu-west-1' }, 'eks Payments (444455556666) eu-west-1'],
  [{ source: 'gke', account: 'acme-shop', region: '*' }, 'gke acme-shop'],
  [{ source: 'aks', account: 'tenant:0a0a-1', region: '*' }, 'aks tenant 0a0a-1'],
  [{ source: 'eks', account: 'profile:dev', region: '*' }, 'eks profile dev'],
  [{ source: 'eks', account: 'profile:', region: '*' }, 'eks AWS variables of the shell'],
  [
    { source: 'eks', account: 'session:https://acme.example/start', region: '*' },
    'eks session https://acme.example/start',
  ],
  [{ source: 'gke', account: '*', region: '*' }, 'gke'],
] as const)('a location is %j', (location, words) => {
  expect(locationText(location)).toBe(words);
});
