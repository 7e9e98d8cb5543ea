import { expect, test } from 'vitest';
import { bodyText, shownOf } from '../../../main/desktop/notifications/text.ts';
import { clusterId } from '../../../main/model/cluster.ts';

const failed = (title: string) => ({
  id: clusterId('eks', '1', 'eu-west-1', title),
  title,
  reason: 'The edge does not answer.',
});

test('one failure names its cluster and why, and leads to it', () => {
  const one = failed('payments');
  const details = { kind: 'window', at: { kind: 'cluster', id: one.id } };
  expect(shownOf({ kind: 'tunnels-failed', clusters: [one] })).toEqual({
    title: 'payments is not reachable',
    body: 'The edge does not answer.',
    target: details,
    buttons: [
      { label: 'Retry', target: { kind: 'retry', clusters: [one.id] } },
      { label: 'Details', target: details },
    ],
  });
});

test('several are counted, the first three named', () => {
  const shown = shownOf({ kind: 'tunnels-failed', clusters: ['a', 'b', 'c', 'd', 'e'].map(failed) });
  expect([shown.title, shown.body]).toEqual(['5 clusters are not reachable', 'a, b, c and 2 more']);
  expect(shown.target).toEqual({ kind: 'window' });
});

test('the others say what is next', () => {
  expect(shownOf({ kind: 'sign-in-needed', title: 'acme', url: 'https://acme.example/' })).toMatchObject({
    body: 'Finish signing in to acme in the browser.',
    target: { kind: 'url', url: 'https://acme.example/' },
  });
  expect(shownOf({ kind: 'session-ends', authDomain: 'acme.example', minutes: 1 })).toMatchObject({
    title: 'Your session ends in 1 minute',
    target: { kind: 'window', at: { kind: 'accounts' } },
  });
  expect(shownOf({ kind: 'switch-ends', context: 'prod', back: 'minikube', minutes: 2 })).toMatchObject({
    title: 'prod is the current context for 2 more minutes',
    body: 'Then k8s-tunnels switches back to minikube.',
  });
  expect(shownOf({ kind: 'clusters-found', clusters: [failed('new')] })).toMatchObject({
    title: '1 new cluster found',
    body: 'new',
  });
  expect(shownOf({ kind: 'release', version: '1.4.0', isRequired: false })).toEqual({
    title: 'k8s-tunnels 1.4.0 is out',
    body: 'See what’s new.',
    target: { kind: 'window', at: { kind: 'release' } },
    buttons: [],
  });
  expect(shownOf({ kind: 'release', version: '1.4.0', isRequired: true }).body).toBe(
    'Your version is no longer supported.',
  );
});

test('a body holds no markup where it would be read as such', () => {
  const text = 'Cluster <a href="https://attacker.example">a & b</a>';
  expect(bodyText(text, 'linux')).toBe('Cluster ‹a href="https://attacker.example"›a & b‹/a›');
  expect(bodyText(text, 'darwin')).toBe(text);
});
