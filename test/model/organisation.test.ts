import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseOrganisation } from '../../main/agent/organisation/parse.ts';
import { AppError } from '../../main/model/app-error.ts';
import { organisationJsonSchema, schemaFile } from '../../scripts/organisation-schema.ts';

const place = '/etc/acme.yaml';

function problemsOf(lines: readonly string[]): { readonly message: string; readonly hint: string } {
  try {
    parseOrganisation(lines.join('\n'), place);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toBe('bad-input');
    return { message: error.message, hint: error.hint ?? '' };
  }
  throw new Error('nothing is wrong with it');
}

describe('a configuration', () => {
  it('needs a version and a name, and otherwise has the defaults', () => {
    expect(parseOrganisation('version: 1\nname: Acme\n', place)).toEqual({
      version: 1,
      name: 'Acme',
      tagPrefix: 'k8s-tunnels-',
      production: { guard: true, environments: ['production', 'prod'] },
      connectors: ['builtin', 'cloudflared'],
    });
  });

  it.each<[string, readonly string[], string]>([
    [
      'an unknown key',
      ['version: 1', 'name: A', 'links:', '  suport: https://a'],
      'line 4, links.suport: is not known',
    ],
    ['an unknown section', ['version: 1', 'name: A', 'sauces:', '  eks: {}'], 'line 3, sauces: is not known'],
    [
      'a wrong region',
      ['version: 1', 'name: A', 'sources:', '  eks:', '    regions:', '      - eu-west-1', '      - Europe'],
      'line 7, sources.eks.regions[1]: must be a region',
    ],
    [
      'a wrong setting',
      ['version: 1', 'name: A', 'defaults:', '  catalogMaxAgeMinutes: 0'],
      'line 4, defaults.catalogMaxAgeMinutes: ',
    ],
    ['a setting that is none', ['version: 1', 'name: A', 'locked: [colour]'], 'line 3, locked[0]: '],
    [
      'a team elsewhere',
      ['version: 1', 'name: A', 'access: {team: acme.example}'],
      'line 3, access.team: must be <team>',
    ],
    [
      'a set without clusters',
      ['version: 1', 'name: A', 'sets: [{name: a}]'],
      'line 3, sets[0]: must have either',
    ],
    [
      'a set by both',
      ['version: 1', 'name: A', 'sets: [{name: a, clusters: [eks/1/eu/a], tags: {group: a}}]'],
      'line 3, sets[0]: must have either clusters or tags',
    ],
    [
      'a set by a name',
      ['version: 1', 'name: A', 'sets:', '  - name: a', '    clusters: [payments]'],
      'line 5, sets[0].clusters[0]: must be the id of a cluster, such as ',
    ],
    [
      'a number as a tag',
      ['version: 1', 'name: A', 'sets:', '  - {name: a, tags: {account: 111122223333}}'],
      'line 4, sets[0].tags.account: must be text: put a number in quotes',
    ],
    [
      'an unknown tag',
      ['version: 1', 'name: A', 'sets:', '  - {name: a, tags: {colour: red}}'],
      'line 4, sets[0].tags.colour: is not known',
    ],
    [
      'two sets of one name',
      ['version: 1', 'name: A', 'sets: [{name: a, tags: {group: a}}, {name: A, tags: {group: b}}]'],
      'line 3, sets: must not have two sets of the same name',
    ],
    [
      'a missing field',
      ['version: 1', 'name: A', 'sources: {vault: {addresses: [{address: "https://v"}]}}'],
      'line 3, sources.vault.addresses[0].mounts: is missing',
    ],
    [
      'a Vault in plain text',
      ['version: 1', 'name: A', 'sources: {vault: {addresses: [{address: "http://v", mounts: [m]}]}}'],
      'line 3, sources.vault.addresses[0].address: must be https://',
    ],
    [
      'a link with a password',
      ['version: 1', 'name: A', 'links: {support: "https://a:b@c"}'],
      'line 3, links.support: must hold no user name',
    ],
    [
      'a release feed in plain text',
      ['version: 1', 'name: A', `releases: {url: "http://r.example", publicKey: ${'A'.repeat(43)}=}`],
      'line 3, releases.url: must be https://',
    ],
    [
      'a release feed without a key',
      ['version: 1', 'name: A', 'releases: {url: "https://r.example"}'],
      'line 3, releases.publicKey: is missing',
    ],
    [
      'a key of releases without a feed',
      ['version: 1', 'name: A', `releases: {publicKey: ${'A'.repeat(43)}=}`],
      'line 3, releases.publicKey: must be given with a url',
    ],
    [
      'one key and several of a release feed',
      [
        'version: 1',
        'name: A',
        'releases:',
        '  url: https://r.example',
        `  publicKey: ${'A'.repeat(43)}=`,
        `  publicKeys: [${'A'.repeat(43)}=]`,
      ],
      'line 6, releases.publicKeys: must be given with a url, and in place of publicKey',
    ],
    [
      'keys of releases without a feed',
      ['version: 1', 'name: A', `releases: {publicKeys: [${'A'.repeat(43)}=]}`],
      'line 3, releases.publicKeys: must be given with a url',
    ],
    [
      'a catalog without https',
      [
        'version: 1',
        'name: A',
        `sources: {catalog: {url: "http://c.example", publicKeys: [${'A'.repeat(43)}=]}}`,
      ],
      'line 3, sources.catalog.url: must be https://, except on this computer',
    ],
    [
      'a catalog that nobody signs',
      ['version: 1', 'name: A', 'sources:', '  catalog:', '    url: https://c.example', '    publicKeys: []'],
      'line 6, sources.catalog.publicKeys: ',
    ],
    [
      'a key of a catalog that is none',
      ['version: 1', 'name: A', 'sources: {catalog: {url: "https://c.example", publicKeys: [AAAA]}}'],
      'line 3, sources.catalog.publicKeys[0]: must be an ed25519 public key: 32 bytes in base64',
    ],
    [
      'a mode of a catalog that is none',
      [
        'version: 1',
        'name: A',
        `sources: {catalog: {url: "https://c.example", publicKeys: [${'A'.repeat(43)}=], mode: never}}`,
      ],
      'line 3, sources.catalog.mode: ',
    ],
    [
      'a key of releases that is none',
      ['version: 1', 'name: A', 'releases: {url: "https://r.example", publicKey: AAAA}'],
      'line 3, releases.publicKey: must be an ed25519 public key',
    ],
    [
      'a channel that there is not',
      ['version: 1', 'name: A', 'releases: {channel: nightly}'],
      'line 3, releases.channel: ',
    ],
    ['a later version', ['name: A', 'version: 2'], 'line 2, version: '],
    ['no name', ['version: 1'], 'line 1, name: is missing'],
    ['a list', ['- version: 1'], 'line 1: '],
    ['nothing', [], 'line 1, version: is missing'],
    ['a key that stands twice', ['version: 1', 'name: A', 'name: B'], 'line 3: '],
    [
      'two documents',
      ['version: 1', 'name: A', '---', 'version: 1'],
      'line 3: it holds more than one document',
    ],
    ['aliases', ['version: 1', 'name: &a A', 'links: {support: *a}'], 'line 1: must not use YAML aliases'],
    ['a bracket that stays open', ['version: 1', 'locked: [a'], 'line 2: '],
  ])('with %s is refused, naming file, line and field', (_, lines, problem) => {
    expect(problemsOf(lines).message).toContain(`${place}, ${problem}`);
  });

  it('tells of several problems in the order of the lines', () => {
    const { message, hint } = problemsOf(['version: 1', 'nom: A', 'links:', '  support: ftp://x']);
    expect(message).toContain('line 1, name: is missing');
    expect(hint).toContain('line 2, nom: is not known; line 4, links.support: must be an https:// address');
  });

  it('is not repeated in what is said of it', () => {
    const { message, hint } = problemsOf([
      'version: 1',
      'name: A',
      'sources: {gke: {oauthClient: {id: 1, secret: [geheim]}}}',
    ]);
    expect(`${message} ${hint}`).not.toContain('geheim');
  });
});

describe('what is published', () => {
  it('is the schema of this version (node scripts/organisation-schema.ts)', async () => {
    expect(JSON.parse(await readFile(schemaFile, 'utf8'))).toEqual(organisationJsonSchema());
  });

  it('has an example that an editor and the tool accept', async () => {
    const file = path.resolve(schemaFile, '../examples/organisation.yaml');
    const text = await readFile(file, 'utf8');
    const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text) ?? [];
    expect(path.resolve(path.dirname(file), named)).toBe(schemaFile);
    expect(parseOrganisation(text, file)).toMatchObject({ name: 'Acme', locked: ['startAtLogin'] });
  });
});
