import { expect, it } from 'vitest';
import { kubeconfigEntry } from '../../../main/agent/connections/kubeconfig-entry.ts';
import { connectorRules } from '../../../main/agent/organisation/connector-rules.ts';
import { changesToAgreeTo } from '../../../main/agent/organisation/fields.ts';
import { parseOrganisation } from '../../../main/agent/organisation/parse.ts';
import { applyToCatalog, clusterUnder } from '../../../main/agent/organisation/source-under.ts';
import { chooseConnector } from '../../../main/agent/tunnels/connector-choice.ts';
import { publishedCluster } from '../../../main/cli/publish/published-cluster.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { entryFormOf, execApiVersionOf } from '../../../main/model/entry-form.ts';
import { defaultSettings } from '../../../main/model/settings.ts';
import { aCluster } from '../../renderer/shown.ts';

const organisation = (...lines: readonly string[]) =>
  parseOrganisation(['version: 1', 'name: Acme', ...lines].join('\n'), 'acme.yaml');

const acme = organisation(
  'defaults: {connector: builtin, namespace: team}',
  'rules:',
  '  - when: {environment: production}',
  '    connector: cloudflared',
  '    settings: {entryForm: tls, execApiVersion: v1beta1}',
  '  - when: {environment: Production, group: core}',
  '    settings: {entryForm: connect, namespace: core}',
  '  - when: {group: core}',
  '    settings: {namespace: core}',
);
const under = (fields: Partial<Cluster>) => clusterUnder(aCluster('orders', fields), acme);
const entryOf = (cluster: Cluster) =>
  kubeconfigEntry({ cluster, name: 'orders', local: undefined, plugin: { command: '/k', args: [] } });

it('the first rule that matches applies as a whole, then the defaults', () => {
  expect(under({ environment: 'PRODUCTION', group: 'core' }).byOrganisation).toEqual({
    rule: 1,
    connector: 'cloudflared',
    entryForm: 'tls',
    execApiVersion: 'v1beta1',
    namespace: 'team',
  });
  expect(under({ environment: 'staging', group: 'core' }).byOrganisation).toEqual({
    rule: 3,
    namespace: 'core',
  });
  const other = under({ environment: 'staging' });
  expect(other.byOrganisation).toEqual({ namespace: 'team' });
  expect(clusterUnder(other, acme)).toBe(other);
  expect(clusterUnder(other, organisation())).not.toHaveProperty('byOrganisation');
});

it('a choice of the user for one cluster comes first, then its tag, then the rule, then the setting for all', () => {
  const ruled = under({ environment: 'production' });
  const own = { ...defaultSettings, clusterEntryForms: [`${ruled.id}=socks5`] };
  expect(entryFormOf(ruled, { ...defaultSettings, entryForm: 'connect' })).toBe('tls');
  expect(entryFormOf({ ...ruled, entryForm: 'connect' }, defaultSettings)).toBe('connect');
  expect(entryFormOf({ ...ruled, entryForm: 'connect' }, own)).toBe('socks5');
  expect(execApiVersionOf(ruled, defaultSettings)).toBe('v1beta1');
  expect(execApiVersionOf({ ...ruled, execApiVersion: 'v1' }, defaultSettings)).toBe('v1');
});

it('the connector of a rule comes before the default, and after the tag', () => {
  const rules = connectorRules(acme);
  expect(chooseConnector(under({ environment: 'production' }), rules).kind).toBe('cloudflared');
  expect(chooseConnector(under({ environment: 'staging' }), rules).kind).toBe('builtin');
  const tagged = under({ environment: 'production', connector: 'builtin' });
  expect(chooseConnector(tagged, rules).kind).toBe('builtin');
});

it('the namespace is in the context, after the tag', () => {
  expect(entryOf(under({ group: 'core' })).namespace).toBe('core');
  expect(entryOf(under({ group: 'core', namespace: 'orders' })).namespace).toBe('orders');
  expect(entryOf(under({})).namespace).toBe('team');
});

it('is no fact of the cluster: it is not published', () => {
  expect(publishedCluster(under({ group: 'core' }))).not.toHaveProperty('byOrganisation');
});

it('only a change of what entries say writes them again', () => {
  let clusters = [aCluster('orders', { environment: 'production' })];
  const catalog = {
    clusters: () => clusters,
    update: (cluster: Cluster) => {
      clusters = [cluster];
    },
  };
  expect(applyToCatalog(catalog, organisation('production: {environments: [production]}'))).toBe(false);
  expect(applyToCatalog(catalog, acme)).toBe(true);
  expect(applyToCatalog(catalog, acme)).toBe(false);
  expect(applyToCatalog(catalog, undefined)).toBe(true);
});

it('an unsigned change of a rule waits for consent', () => {
  expect(
    changesToAgreeTo(acme, organisation('defaults: {connector: builtin}')).map(({ field }) => field),
  ).toContain('rules[0].connector');
});

it.each<[string, readonly string[], string]>([
  [
    'a connector that the organisation does not allow',
    ['rules:', '  - when: {group: a}', '    connector: direct'],
    'line 5, rules[0].connector: must be one of connectors: builtin, cloudflared',
  ],
  [
    'a setting that is the same for all clusters',
    ['rules:', '  - when: {group: a}', '    settings: {kubeconfigMode: add}'],
    'line 5, rules[0].settings.kubeconfigMode: is not known',
  ],
  [
    'a rule for all clusters',
    ['rules:', '  - when: {}', '    connector: builtin'],
    'line 4, rules[0].when: must not be empty',
  ],
  [
    'a rule that says nothing',
    ['rules:', '  - when: {group: a}'],
    'line 4, rules[0]: must have a connector or settings',
  ],
])('%s is an error with its line', (_, lines, message) => {
  expect(() => organisation(...lines)).toThrow(message);
});
