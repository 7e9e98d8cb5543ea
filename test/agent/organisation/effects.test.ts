import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { createDiscovery } from '../../../main/agent/discovery/discovery.ts';
import {
  stateWithAccessRequest,
  withAccessRequest,
} from '../../../main/agent/organisation/access-request.ts';
import { parseOrganisation } from '../../../main/agent/organisation/parse.ts';
import { clusterUnder, sourceUnder } from '../../../main/agent/organisation/source-under.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import type { DiscoverySource } from '../../../main/agent/providers/discovery-source.ts';
import { vaultEnvironment, vaultServers } from '../../../main/agent/providers/vault/servers.ts';
import type { PlainError } from '../../../main/model/app-error.ts';
import { isProduction } from '../../../main/model/is-production.ts';
import { aCluster } from '../../renderer/shown.ts';

const organisation = (...lines: readonly string[]) =>
  parseOrganisation(['version: 1', 'name: Acme', ...lines].join('\n'), 'acme.yaml');

describe('a source that is switched off', () => {
  it('finds nothing, and what was known of it goes', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'switched-off-'));
    try {
      const catalog = await createCatalog({
        folder: path.join(folder, 'catalog'),
        clock: systemClock,
        logger: silentLogger,
      });
      const cluster = aCluster('orders', { source: 'eks' });
      const eks: DiscoverySource = {
        source: 'eks',
        async discover({ onCell }) {
          const { account, region } = cluster;
          onCell({
            cell: { source: 'eks', account, region },
            outcome: { kind: 'listed', clusters: [cluster] },
          });
        },
      };
      const run = (...lines: readonly string[]) =>
        createDiscovery({
          sources: [sourceUnder(eks, organisation(...lines))],
          catalog,
          clock: systemClock,
          logger: silentLogger,
          onStatus: () => {},
        }).run();
      await run();
      expect(catalog.clusters()).toHaveLength(1);
      for (let time = 0; time < 2; time += 1) {
        await run('sources: {eks: {enabled: false}}');
        expect(catalog.clusters()).toEqual([]);
      }
      expect(catalog.cells()).toEqual([]);
      await catalog.close();
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

describe('production', () => {
  it.each<[string, string | undefined, boolean]>([
    ['production: {environments: [live]}', 'LIVE', true],
    ['production: {environments: [live]}', 'production', false],
    ['', 'prod', true],
    ['', undefined, false],
  ])('with %j and environment %j', (line, environment, expected) => {
    const cluster = aCluster('orders', environment === undefined ? {} : { environment });
    const marked = clusterUnder(cluster, organisation(line));
    expect(isProduction(marked)).toBe(expected);
    expect(clusterUnder(marked, organisation(line))).toBe(marked);
    expect(clusterUnder(marked, undefined)).toEqual(cluster);
  });
});

describe('the page to ask for access', () => {
  const page = 'https://help.acme.example/';
  const error = (code: PlainError['code']): PlainError => ({
    code,
    message: 'No.',
    hint: 'Ask.',
    retryable: false,
  });

  it('is told with a refusal, and with nothing else', () => {
    expect(withAccessRequest(error('access-denied'), page).hint).toBe(`Ask. Ask for access: ${page}`);
    expect(withAccessRequest(error('access-denied'), undefined).hint).toBe('Ask.');
    expect(withAccessRequest(error('origin-failed'), page).hint).toBe('Ask.');
    const failure = { stage: 'access', mender: 'you', error: error('access-denied') } as const;
    expect(stateWithAccessRequest({ status: 'failed', since: 1, failure }, page)).toMatchObject({
      failure: { error: { hint: expect.stringContaining(page) } },
    });
    expect(stateWithAccessRequest({ status: 'idle' }, page)).toEqual({ status: 'idle' });
  });
});

describe('the Vault of an organisation', () => {
  const said = organisation(
    'sources: {vault: {addresses: [{address: "https://vault.acme.example", namespace: team, mounts: [k8s]}]}}',
  );

  it('stands in where a person names none', () => {
    expect(vaultEnvironment({ VAULT_TOKEN: 't' }, said)).toEqual({
      VAULT_TOKEN: 't',
      VAULT_ADDR: 'https://vault.acme.example',
      VAULT_NAMESPACE: 'team',
    });
    const own = { VAULT_ADDR: 'https://mine.example' };
    expect(vaultEnvironment(own, said)).toBe(own);
    expect(vaultEnvironment(own, undefined)).toBe(own);
  });

  it('has further ones, which are read wherever the first is', () => {
    const both = organisation(
      'sources: {vault: {addresses: [{address: "https://one.example", mounts: [a]}, {address: "https://two.example", namespace: team, mounts: [b, c]}]}}',
    );
    expect(vaultServers(both)).toEqual([
      { address: 'https://two.example', namespace: 'team', mounts: ['b', 'c'] },
    ]);
    expect([vaultServers(said), vaultServers(undefined)]).toEqual([[], []]);
  });
});
