import { describe, expect, test } from 'vitest';
import { accountOf, fullLocationOf, locationOf } from '../../../renderer/text/location.ts';

const subscription = '5c5c5c5c-1111-4222-8333-444455550003';

describe('where a cluster is', () => {
  test.each([
    [{ source: 'eks', account: '444455556666', region: 'eu-west-1' }, 'EKS · 444455556666 · eu-west-1'],
    [
      { source: 'eks', account: '444455556666', accountName: 'Payments', region: 'eu-west-1' },
      'EKS · Payments · eu-west-1',
    ],
    [{ source: 'aks', account: subscription, region: 'westeurope' }, 'AKS · 5c5c5c5c…0003 · westeurope'],
    [
      { source: 'aks', account: subscription, accountName: 'Retail', region: 'westeurope' },
      'AKS · Retail · westeurope',
    ],
    [
      { source: 'eks', account: '4', accountName: '\u202Estnemyap', region: 'eu-west-1' },
      'EKS · \u2068\u202Estnemyap\u2069 · eu-west-1',
    ],
    [
      { source: 'vault', account: 'vault.acme.example:8200/platform/clusters', region: 'edge' },
      'On-prem · vault.acme.…orm/clusters · edge',
    ],
    [{ source: 'file', account: '/home/ada/lab.yaml', region: '/' }, 'File · /home/ada/lab.yaml'],
    [{ source: 'aks', account: `tenant:${subscription}`, region: '*' }, `AKS · tenant ${subscription}`],
    [{ source: 'gke', account: '*', region: '*' }, 'GKE'],
  ] as const)('%j in a row', (location, words) => {
    expect(locationOf(location)).toBe(words);
  });

  test('is told whole on its page, and by the account alone above its section', () => {
    const location = {
      source: 'aks',
      account: subscription,
      accountName: 'Retail',
      region: 'westeurope',
    } as const;
    expect(fullLocationOf(location)).toBe(`AKS · Retail (${subscription}) · westeurope`);
    expect(accountOf(location)).toBe('AKS · Retail');
    expect(accountOf({ source: 'aks', account: subscription })).toBe(`AKS · ${subscription}`);
  });
});
