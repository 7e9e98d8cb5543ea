import { describe, expect, test } from 'vitest';
import type { Account } from '../../../main/model/account.ts';
import { foundRows, outcomeOf } from '../../../renderer/first-run/rows.ts';
import { aCell, aCluster, anAccount } from '../shown.ts';

const now = Date.parse('2026-07-01T12:00:00');
const nothing = { awsProfiles: [], clusterFiles: [] };
const row = (
  kind: string,
  accounts: readonly Account[],
  findings: Partial<Parameters<typeof foundRows>[1]> = {},
) => {
  const found = foundRows(accounts, { ...nothing, ...findings }, now).find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`there is no row ${kind}`);
  return found;
};

describe('what this computer has', () => {
  test('AWS: profiles by their names, and each session with its end', () => {
    const sessions = [
      anAccount('acme', { endsAt: now + 3_600_000 }),
      anAccount('beta', { status: 'ended', endsAt: now - 7_200_000, needed: true }),
      anAccount('gamma', { status: 'signed-out' }),
    ];
    const names = ['payments', 'search', 'core', 'ledger', ''];
    expect(row('aws', sessions, { awsProfiles: names })).toEqual({
      kind: 'aws',
      state: 'ready',
      lines: [
        '5 profiles: payments, search, core and 2 more',
        'acme: signed in until 13:00',
        'beta: ended 2 hr ago',
        'and 1 more session',
      ],
      help: { kind: 'sign-in', account: sessions[1] },
    });
    expect(row('aws', [], { awsProfiles: [''] })).toMatchObject({
      state: 'ready',
      lines: ['1 profile: environment variables'],
    });
    expect(row('aws', [])).toMatchObject({
      state: 'none',
      help: { kind: 'portal' },
    });
  });

  test('Google: who is signed in, and that gcloud alone is not enough', () => {
    const google = (fields: Partial<Account>) => anAccount('google', { provider: 'gcp', ...fields });
    expect(row('gcp', [google({ who: 'ada@acme.example', renews: true, ours: false })])).toMatchObject({
      state: 'ready',
      lines: ['ada@acme.example · signed in, renews automatically'],
      help: undefined,
    });
    expect(row('gcp', [google({ status: 'ended', ours: false })])).toMatchObject({
      state: 'attention',
      help: { kind: 'copy', command: 'gcloud auth application-default login' },
    });
    expect(row('gcp', [google({ status: 'signed-out' })]).help).toMatchObject({ kind: 'sign-in' });
    const [line] = row('gcp', [], { gcloudAccount: 'ada@acme.example' }).lines;
    expect(line).toContain('gcloud is signed in as ada@acme.example');
  });

  test('Azure and Vault: one of another tool counts', () => {
    const azure = (fields: Partial<Account>) => anAccount('azure', { provider: 'azure', ...fields });
    const own = azure({ status: 'signed-out' });
    expect(row('azure', [own])).toMatchObject({
      state: 'none',
      lines: ['not found'],
      help: { kind: 'sign-in', account: own },
    });
    expect(row('azure', [own, azure({ ours: false, who: 'ada@acme.example', renews: true })])).toMatchObject({
      state: 'ready',
      lines: ['ada@acme.example · signed in, renews automatically'],
    });
    const vault = (fields: Partial<Account>) =>
      anAccount('vault.acme.example', { provider: 'vault', ...fields });
    expect(row('vault', [])).toMatchObject({ state: 'none', help: undefined });
    expect(row('vault', [vault({ ours: false, status: 'ended' })])).toMatchObject({
      state: 'attention',
      lines: ['vault.acme.example: ended'],
      help: { kind: 'copy', command: 'vault login' },
    });
    expect(row('vault', [vault({ who: 'ada' })]).lines).toEqual(['vault.acme.example: ada · signed in']);
    // Each Vault has a session of its own.
    const lyon = vault({ session: 'vault.lyon.example', status: 'signed-out', needed: true });
    expect(row('vault', [vault({ who: 'ada' }), lyon])).toMatchObject({
      state: 'attention',
      lines: ['vault.acme.example: ada · signed in', expect.stringContaining('vault.lyon.example')],
      help: { account: { session: 'vault.lyon.example' } },
    });
  });

  test('cluster files: how many clusters, and why one cannot be read', () => {
    const error = {
      code: 'file-invalid',
      message: '/lab.yaml, line 3: name is missing.',
      retryable: false,
    } as const;
    const clusterFiles = [
      { file: '/kind.yaml', clusters: 2 },
      { file: '/lab.yaml', error },
    ];
    expect(row('file', [], { clusterFiles })).toEqual({
      kind: 'file',
      state: 'attention',
      lines: ['2 clusters in /kind.yaml', error.message],
      help: { kind: 'settings' },
    });
  });
});

describe('what came of reading it', () => {
  const expired = { code: 'aws-session-expired', message: 'acme has ended.', retryable: false } as const;
  const denied = { code: 'aws-denied', message: 'eks:ListClusters is denied.', retryable: false } as const;
  const facts = {
    cells: [aCell('eu-west-1'), aCell('eu-west-2', expired), aCell('eu-west-3', denied)],
    clusters: [aCluster('orders'), aCluster('lab', { source: 'file' })],
    since: undefined,
  };
  const account = { ...anAccount('acme'), ours: true } as const;

  test('a sign-in that the row offers is no failure besides', () => {
    expect(outcomeOf({ kind: 'aws', help: { kind: 'sign-in', account } }, facts)).toEqual({
      clusters: 1,
      places: 1,
      failed: 1,
      why: denied.message,
    });
    expect(outcomeOf({ kind: 'aws', help: undefined }, facts)).toMatchObject({
      failed: 2,
      why: expired.message,
    });
    expect(outcomeOf({ kind: 'gcp', help: undefined }, facts)).toMatchObject({
      clusters: 0,
      places: 0,
      failed: 0,
    });
  });

  test('during a run only what that run has read counts', () => {
    expect(outcomeOf({ kind: 'aws', help: undefined }, { ...facts, since: 2 })).toMatchObject({
      clusters: 1,
      places: 0,
      failed: 0,
    });
  });
});
