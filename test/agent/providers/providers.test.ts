import { expect, test } from 'vitest';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { createOrganisationFiles, fileFolders } from '../../../main/agent/organisation/organisation-files.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { createProviders } from '../../../main/agent/providers/providers.ts';
import { defaultSettings, defaultSettingsFrom } from '../../../main/model/settings.ts';

test('every source, login and kind of credential has one provider, in the order that is shown', () => {
  const env = { HOME: '/nowhere' };
  const paths = pathsFrom(env);
  const { all } = createProviders({
    parts: { env, paths, clock: systemClock, logger: silentLogger, sealer: { kind: 'headless' } },
    network: createNetwork(env),
    catalog: { clusters: () => [] },
    settings: { get: () => defaultSettings, from: () => defaultSettingsFrom },
    organisation: () => undefined,
    organisationFiles: createOrganisationFiles(fileFolders({ env, config: paths.config })),
    notice: () => {},
  });
  expect(all.flatMap(({ source }) => source?.().source ?? [])).toEqual([
    'eks',
    'aks',
    'gke',
    'vault',
    'file',
  ]);
  expect(all.flatMap(({ login }) => login?.kind ?? [])).toEqual(['aws', 'azure', 'gcp', 'vault', 'oidc']);
  expect(all.map(({ credential }) => credential?.kind)).toEqual([
    'eks',
    'aks',
    'gke',
    'vault',
    'oidc',
    'file',
  ]);
  expect(all.flatMap(({ sessionFile }) => sessionFile ?? [])).toHaveLength(4);
});
