import { describe, expect, it } from 'vitest';
import { inspectOrganisation, parseOrganisation } from '../../../main/agent/organisation/parse.ts';

const key = 'A'.repeat(43).concat('=');

describe('what is wrong in a configuration', () => {
  it.each<[string, string, string]>([
    [
      'sources: {eks: {regions: [eu-west-1, eu-wset-1]}}',
      'sources.eks.regions[1]',
      'is not a region of AWS (did you mean eu-west-1?)',
    ],
    [
      'sources: {eks: {identityCenter: [{startUrl: "https://acme.awsapps.com/start", region: eu-wset-1}]}}',
      'sources.eks.identityCenter[0].region',
      'is not a region of AWS (did you mean eu-west-1?)',
    ],
    ['defaults: {awsRegions: [mars-north-1]}', 'defaults.awsRegions[0]', 'is not a region of AWS'],
    ['sources: {eks: {regions: [Ireland]}}', 'sources.eks.regions[0]', 'must be a region such as eu-west-1'],
    [
      `releases: {url: "https://r.acme.example/v1/releases/stable", publicKey: "${key}"}`,
      'releases.url',
      'must be the address without /v1/releases',
    ],
    [
      `sources: {catalog: {url: "https://c.acme.example/v1/catalog", publicKeys: ["${key}"]}}`,
      'sources.catalog.url',
      'must be the address without /v1/catalog',
    ],
    ['tagPreffix: acme-', 'tagPreffix', 'is not known (did you mean tagPrefix?)'],
    ['sources: {eks: {region: [eu-west-1]}}', 'sources.eks.region', 'is not known (did you mean regions?)'],
    [
      'sources: {vault: {addresses: [{address: "https://v.acme.example", mount: [a], mounts: [a]}]}}',
      'sources.vault.addresses[0].mount',
      'is not known (did you mean mounts?)',
    ],
    [
      'defaults: {kubeconfigMod: add}',
      'defaults.kubeconfigMod',
      'is not known (did you mean kubeconfigMode?)',
    ],
    ['xyz: 1', 'xyz', 'is not known'],
    [`signing: {publicKeys: ["${key}"]}`, 'revision', 'is missing: a file with signing needs one'],
    ['revision: 1\nsigning: {publicKeys: []}', 'signing.publicKeys', 'must not be empty'],
  ])('%s: %s %s', (line, field, message) => {
    const { organisation, problems } = inspectOrganisation(`version: 1\nname: Acme\n${line}\n`);
    expect(organisation).toBeUndefined();
    expect(problems).toMatchObject([{ field, message }]);
  });

  it('is all named, with line and column', () => {
    const text = [
      'version: 1',
      'nam: Acme',
      'sources:',
      '  eks:',
      '    regions: [eu-west-1, eu-wset-1]',
      '    role: [Admin]',
      'production:',
      '  unlockMinutes: 0',
      '',
    ].join('\n');
    expect(inspectOrganisation(text).problems).toEqual([
      { line: 1, column: 1, field: 'name', message: 'is missing' },
      { line: 2, column: 1, field: 'nam', message: 'is not known (did you mean name?)' },
      {
        line: 5,
        column: 26,
        field: 'sources.eks.regions[1]',
        message: 'is not a region of AWS (did you mean eu-west-1?)',
      },
      { line: 6, column: 5, field: 'sources.eks.role', message: 'is not known (did you mean roles?)' },
      { line: 8, column: 3, field: 'production.unlockMinutes', message: 'must be at least 1' },
    ]);
    expect(() => parseOrganisation(text, 'acme.yaml')).toThrow(
      expect.objectContaining({ code: 'bad-input', message: 'acme.yaml, line 1, name: is missing.' }),
    );
  });

  it('names the place of text that is not YAML', () => {
    expect(inspectOrganisation('version: 1\nname: [Acme\n').problems).toMatchObject([
      { line: 3, column: 1, field: '' },
    ]);
  });

  it('finds a field, or what it would be in', () => {
    const { positionOf } = inspectOrganisation(
      'version: 1\nname: Acme\nlinks:\n  support: "https://a.example"\n',
    );
    expect(positionOf(['links', 'support'])).toEqual({ line: 4, column: 3 });
    expect(positionOf(['links', 'accessRequest'])).toEqual({ line: 3, column: 1 });
    expect(positionOf(['access', 'team'])).toEqual({ line: 1, column: 1 });
  });
});
