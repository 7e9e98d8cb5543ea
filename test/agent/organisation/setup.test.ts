import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { canMount } from './can-mount.ts';
import { createSigner } from './publisher.ts';
import { type Rig, startRig } from './rig.ts';

const acme = (more = '') => `version: 1\nname: Acme\naccess: {team: acme.cloudflareaccess.com}\n${more}`;

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  rig.publish(acme());
});
afterEach(() => rig.close());

describe('a setup from an address', () => {
  it('is shown before it is done, is done once, and lasts', async () => {
    const { key } = createSigner();
    const releases = `releases: {url: "https://releases.acme.example", publicKey: "${key}"}\n`;
    rig.publish(acme(`defaults: {kubeconfigMode: add}\nlocked: [kubeconfigMode]\n${releases}`));
    const keeper = await rig.start();
    const preview = await keeper.preview({ source: rig.url });
    expect(preview).toMatchObject({
      name: 'Acme',
      origin: 'url',
      place: rig.url,
      signed: false,
      fields: [
        { field: 'access.team', value: 'acme.cloudflareaccess.com' },
        { field: 'defaults.kubeconfigMode', value: 'add' },
        { field: 'locked', value: 'kubeconfigMode' },
        { field: 'releases.url', value: 'https://releases.acme.example' },
        { field: 'releases.publicKey', value: key },
      ],
      settings: [{ name: 'kubeconfigMode', value: 'add', before: 'switch', locked: true }],
    });
    expect(preview.remarks.join(' ')).toContain('You sign in to acme.cloudflareaccess.com only');
    expect(preview.remarks.join(' ')).toContain('New versions are looked up at releases.acme.example');
    expect(keeper.current()).toBeUndefined();
    expect(await readdir(rig.config).catch(() => [])).not.toContain('organisation.json');
    await keeper.apply({ source: rig.url, digest: preview.digest });
    await keeper.apply({ source: rig.url, digest: preview.digest });
    expect(rig.changes).toHaveLength(1);
    const later = await rig.start();
    expect(later.view()).toMatchObject({
      name: 'Acme',
      origin: 'url',
      place: rig.url,
      locked: ['kubeconfigMode'],
    });
    expect(await later.remove()).toBe(true);
    expect(await later.remove()).toBe(false);
    expect((await rig.start()).current()).toBeUndefined();
  });

  it('is at a well-known path where the address says no more than a host; what is wrong there names it', async () => {
    const { host } = new URL(rig.publisher.url);
    const tried = `https://${host}/.well-known/k8s-tunnels.yaml`;
    const keeper = await rig.start();
    const answer = () => keeper.preview({ source: host }).catch((error: unknown) => error);
    expect(await answer()).toMatchObject({ message: expect.stringContaining(`${tried} answered 404`) });
    rig.publisher.publish('/.well-known/k8s-tunnels.yaml', '<!doctype html><title>Acme</title>');
    expect(await answer()).toMatchObject({
      code: 'bad-input',
      message: `${tried} returns a web page instead of a configuration.`,
    });
    const location = 'https://www.acme.example/.well-known/k8s-tunnels.yaml';
    rig.publisher.answer('/.well-known/k8s-tunnels.yaml', 301, { location });
    expect(await answer()).toMatchObject({
      code: 'organisation-refused',
      message: expect.stringContaining(`${tried} redirects to www.acme.example`),
      hint: expect.stringContaining(location),
    });
    rig.publisher.publish('/.well-known/k8s-tunnels.yaml', acme());
    expect(await answer()).toMatchObject({ name: 'Acme', place: tried });
    // Nobody listens there, and nobody is asked without TLS.
    expect(await keeper.preview({ source: '127.0.0.1:9' }).catch((error: unknown) => error)).toMatchObject({
      code: 'network-unreachable',
      hint: expect.stringContaining('https://127.0.0.1:9/.well-known/k8s-tunnels.yaml'),
    });
  });

  it('says which files it reads and to whom it sends them', async () => {
    const address = 'https://vault.acme.example';
    const login = (of: string) =>
      acme(`sources: {vault: {addresses: [{address: "${address}", mounts: [clusters], login: ${of}}]}}\n`);
    const keeper = await rig.start();
    const remarks = async (of: string) => {
      rig.publish(login(of));
      return (await keeper.preview({ source: rig.url })).remarks;
    };
    expect(await remarks('{method: kubernetes, jwtFile: /etc/k8s-tunnels/jwt}')).toContain(
      `The content of /etc/k8s-tunnels/jwt is sent to ${address}.`,
    );
    expect(await remarks('{method: kubernetes}')).toContain(
      `The content of /var/run/secrets/kubernetes.io/serviceaccount/token is sent to ${address}.`,
    );
    expect(
      await remarks(
        '{method: approle, roleIdFile: /etc/k8s-tunnels/role, secretIdFile: /etc/k8s-tunnels/secret}',
      ),
    ).toContain(`The content of /etc/k8s-tunnels/role and /etc/k8s-tunnels/secret is sent to ${address}.`);
  });

  it('that changed after it was shown is refused', async () => {
    const keeper = await rig.start();
    const { digest } = await keeper.preview({ source: rig.url });
    rig.publish(acme('connectors: [direct]\n'));
    await expect(keeper.apply({ source: rig.url, digest })).rejects.toMatchObject({
      code: 'organisation-refused',
      message: `${rig.url} has changed since it was shown.`,
    });
    expect(keeper.current()).toBeUndefined();
  });

  it('in place of one from elsewhere has to be meant', async () => {
    rig.publisher.publish('/other.yaml', 'version: 1\nname: Other\n');
    const other = `${rig.publisher.url}/other.yaml`;
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url);
    const preview = await keeper.preview({ source: other });
    expect(preview.conflict).toEqual({ why: 'origin', name: 'Acme', place: rig.url });
    expect(preview.fields).toEqual([
      { field: 'access.team', value: '', before: 'acme.cloudflareaccess.com' },
    ]);
    await expect(rig.setUp(keeper, other)).rejects.toMatchObject({ code: 'organisation-refused' });
    expect(keeper.current()?.name).toBe('Acme');
    await rig.setUp(keeper, other, { replace: true });
    expect(keeper.current()?.name).toBe('Other');
  });

  it('shows no secret of it', async () => {
    rig.publish(acme('sources: {gke: {oauthClient: {id: client, secret: geheim}}}\n'));
    const keeper = await rig.start();
    const preview = await keeper.preview({ source: rig.url });
    expect(preview.fields).toContainEqual({ field: 'sources.gke.oauthClient.secret', value: 'set' });
    await rig.setUp(keeper, rig.url);
    expect(JSON.stringify([preview, keeper.view()])).not.toContain('geheim');
  });

  it.each<[string, number, Record<string, string>, string]>([
    ['that is not there', 404, {}, 'organisation-unavailable'],
    ['that is broken', 503, {}, 'organisation-unavailable'],
    ['that leads to another host', 302, { location: 'https://127.0.0.2/acme.yaml' }, 'organisation-refused'],
    ['that leads to plain http', 302, { location: 'http://127.0.0.1/acme.yaml' }, 'organisation-refused'],
    ['that leads in circles', 302, { location: '/acme.yaml' }, 'organisation-unavailable'],
    ['that leads nowhere', 302, {}, 'organisation-unavailable'],
  ])('%s is refused', async (_, status, headers, code) => {
    rig.publisher.answer('/acme.yaml', status, headers);
    await expect((await rig.start()).preview({ source: rig.url })).rejects.toMatchObject({ code });
  });

  it('may lead to another path of the same host', async () => {
    rig.publisher.answer('/old.yaml', 301, { location: '/acme.yaml' });
    const keeper = await rig.start();
    expect(await keeper.preview({ source: `${rig.publisher.url}/old.yaml` })).toMatchObject({ name: 'Acme' });
  });

  it('of more than 1 MB is refused', async () => {
    rig.publish(acme(`# ${'x'.repeat(1024 * 1024)}\n`));
    await expect((await rig.start()).preview({ source: rig.url })).rejects.toMatchObject({
      code: 'bad-input',
    });
  });

  it('of a host that is not trusted is refused', async () => {
    const { trustAuthorities } = await import('../../../main/agent/network/trust.ts');
    trustAuthorities({ env: {} });
    await expect((await rig.start()).preview({ source: rig.url })).rejects.toMatchObject({
      code: 'network-untrusted',
    });
  });
});

describe('a setup from a file', () => {
  it('is read from the file again when asked', async () => {
    const file = path.join(path.dirname(rig.managed), 'mine.yaml');
    await writeFile(file, acme());
    const keeper = await rig.start();
    await rig.setUp(keeper, file);
    expect(keeper.view()).toMatchObject({ origin: 'file', place: file });
    await writeFile(file, acme('tagPrefix: acme-\n'));
    expect(await keeper.refresh()).toBe(true);
    expect(keeper.current()?.tagPrefix).toBe('acme-');
    await writeFile(file, 'version: 1\nnaam: Acme\n');
    await expect(keeper.refresh()).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(`${file}, line 1, name: is missing`),
    });
    expect(keeper.current()?.tagPrefix).toBe('acme-');
  });

  it.each([
    ['nowhere', '/nowhere/acme.yaml', 'file-unreadable'],
    ['a folder', '/tmp', 'bad-input'],
    ['a device', '/dev/zero', 'bad-input'],
  ])('that is %s is refused', async (_, file, code) => {
    await expect((await rig.start()).preview({ source: file })).rejects.toMatchObject({ code });
  });
});

describe('a refresh', () => {
  const dayMs = 24 * 3_600_000;
  /** Resolves when the publisher was asked so often. */
  const askedTimes = async (count: number) => {
    while (rig.publisher.asked.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const until = async (check: () => boolean) => {
    while (!check()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('asks once a day whether anything is new, with the ETag, and takes what is', async () => {
    await rig.setUp(await rig.start(), rig.url);
    const keeper = await rig.start();
    const { readAt = 0 } = keeper.view() ?? {};
    rig.publisher.asked.length = 0;
    keeper.follow();
    rig.clock.skip(dayMs / 2);
    await until(() => rig.clock.pending() > 0);
    expect(rig.publisher.asked).toEqual([]);
    rig.clock.skip(dayMs / 2 + 1);
    await askedTimes(1);
    await until(() => (keeper.view()?.readAt ?? 0) > readAt);
    expect(rig.publisher.asked).toEqual(['GET /acme.yaml 304']);
    expect(rig.changes).toHaveLength(1);
    rig.publish(acme('tagPrefix: acme-\n'));
    await until(() => rig.clock.pending() > 0);
    rig.clock.skip(dayMs + 1);
    await until(() => rig.notices.length > 0);
    expect(rig.notices).toEqual(['info: The configuration of Acme has changed.']);
    expect((await rig.start()).current()?.tagPrefix).toBe('acme-');
  });

  it('at the start is due after a day', async () => {
    await rig.setUp(await rig.start(), rig.url);
    rig.clock.skip(dayMs + 1);
    rig.publish('version: 2\nname: Acme\n');
    const keeper = await rig.start();
    keeper.follow();
    await until(() => rig.notices.length > 0);
    expect(rig.notices[0]).toContain(
      'warning: The new configuration of Acme is not used; the last good one stays.',
    );
    expect(rig.notices[0]).toContain('line 1, version');
    expect(keeper.current()?.access?.team).toBe('acme.cloudflareaccess.com');
    expect((await rig.start()).current()?.name).toBe('Acme');
  });

  it('that finds nobody keeps the last good one, without a word', async () => {
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url);
    rig.publisher.answer('/acme.yaml', 503);
    await expect(keeper.refresh()).rejects.toMatchObject({
      code: 'organisation-unavailable',
      retryable: true,
    });
    expect(keeper.current()?.name).toBe('Acme');
    expect(rig.notices).toEqual([]);
  });

  it('takes no older revision', async () => {
    rig.publish(acme('revision: 7\n'));
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url);
    for (const revision of ['revision: 6\n', '']) {
      rig.publish(acme(revision));
      await expect(keeper.refresh()).rejects.toMatchObject({ code: 'organisation-refused' });
      expect((await keeper.preview({ source: rig.url })).conflict?.why).toBe('revision');
    }
    expect(keeper.current()?.revision).toBe(7);
    await rig.setUp(keeper, rig.url, { replace: true });
    expect(keeper.current()?.revision).toBeUndefined();
  });
});

describe('a change that nobody signed', () => {
  const vault = (address: string) =>
    `sources: {vault: {addresses: [{address: "${address}", mounts: [clusters]}]}}\n`;

  it('of where a token goes waits for consent, shown as what changes', async () => {
    rig.publish(acme(vault('https://vault.acme.example')));
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url);
    rig.publish(acme(`tagPrefix: acme-\n${vault('https://vault.evil.example')}`));
    expect(await keeper.refresh()).toBe(false);
    expect(keeper.current()?.sources?.vault?.addresses?.[0]?.address).toBe('https://vault.acme.example');
    expect(keeper.current()?.tagPrefix).toBe('k8s-tunnels-');
    expect(rig.changes).toHaveLength(1);
    const field = 'sources.vault.addresses[0].address';
    expect(keeper.view()?.pending).toEqual([field]);
    expect(rig.notices).toEqual([
      expect.stringMatching(/^info: A new configuration of Acme waits .*k8s-tunnels setup --review$/),
    ]);
    expect(rig.notices[0]).toContain(field);

    // Neither time nor a start makes it count, and it is told once.
    expect(await keeper.refresh()).toBe(false);
    const later = await rig.start();
    expect(later.view()?.pending).toEqual([field]);
    expect(rig.notices).toHaveLength(1);

    const preview = await later.preview({});
    expect(preview.fields.filter(({ before }) => before !== undefined)).toEqual([
      { field, value: 'https://vault.evil.example', before: 'https://vault.acme.example' },
      { field: 'tagPrefix', value: 'acme-', before: 'k8s-tunnels-' },
    ]);
    expect(preview).not.toHaveProperty('conflict');
    await later.apply({ digest: preview.digest });
    expect(later.current()?.sources?.vault?.addresses?.[0]?.address).toBe('https://vault.evil.example');
    expect(later.view()).not.toHaveProperty('pending');
    expect((await rig.start()).view()).not.toHaveProperty('pending');
  });

  it('once a day, too', async () => {
    await rig.setUp(await rig.start(), rig.url);
    rig.publish(acme('connectors: [direct]\n'));
    rig.clock.skip(25 * 3_600_000);
    const keeper = await rig.start();
    keeper.follow();
    await vi.waitFor(() => expect(rig.notices).toHaveLength(1));
    expect(keeper.current()?.connectors).toEqual(['builtin', 'cloudflared']);
  });

  it('is forgotten when the one that was agreed to is published again', async () => {
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url);
    rig.publish(acme('connectors: [direct]\n'));
    await keeper.refresh();
    rig.publish(acme());
    expect(await keeper.refresh()).toBe(false);
    expect(keeper.view()).not.toHaveProperty('pending');
  });

  it.each<[string, string, string]>([
    ['the team', 'version: 1\nname: Acme\naccess: {team: evil.cloudflareaccess.com}\n', 'access.team'],
    ['the team, which is left out', 'version: 1\nname: Acme\n', 'access.team'],
    ['a Vault', acme(vault('https://vault.evil.example')), 'sources.vault.addresses[0].address'],
    [
      'a host that is shown a service token',
      'version: 1\nname: Acme\naccess: {team: acme.cloudflareaccess.com, serviceTokens: [{hostnames: [a.evil.example], clientIdFile: /etc/k8s-tunnels/a, clientSecretFile: /etc/k8s-tunnels/b}]}\n',
      'access.serviceTokens[0].hostnames',
    ],
    ['a list of clusters', acme('sources: {files: [/etc/k8s-tunnels/a.yaml]}\n'), 'sources.files'],
    [
      'CA certificates',
      acme('defaults: {extraAuthorities: /etc/k8s-tunnels/ca.pem}\n'),
      'defaults.extraAuthorities',
    ],
    ['the kubeconfig', acme('defaults: {kubeconfigPath: /tmp/config}\n'), 'defaults.kubeconfigPath'],
    [
      'an issuer',
      acme(
        'sources: {eks: {identityCenter: [{startUrl: "https://evil.awsapps.com/start", region: eu-west-1}]}}\n',
      ),
      'sources.eks.identityCenter[0].startUrl',
    ],
    ['an OAuth client', acme('sources: {gke: {oauthClient: {id: evil}}}\n'), 'sources.gke.oauthClient.id'],
    [
      'a release feed',
      acme(`releases: {url: "https://evil.example", publicKey: "${createSigner().key}"}\n`),
      'releases.url',
    ],
    ['the guard of production', acme('production: {guard: false}\n'), 'production.guard'],
    ['a page to open', acme('links: {support: "https://evil.example/"}\n'), 'links.support'],
  ])('of %s waits', async (_, text, field) => {
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url);
    const before = keeper.current();
    rig.publish(text);
    expect(await keeper.refresh()).toBe(false);
    expect(keeper.current()).toEqual(before);
    expect(keeper.view()?.pending).toContain(field);
  });

  it('of what leads nowhere else is applied, as before', async () => {
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url);
    rig.publish(
      acme(
        'revision: 2\ndefaults: {kubeconfigMode: add}\nlocked: [kubeconfigMode]\nsources: {aks: {enabled: false}}\n',
      ),
    );
    expect(await keeper.refresh()).toBe(true);
    expect(keeper.view()).not.toHaveProperty('pending');
  });

  it('is seen where only a secret, or how a list is divided, is another', async () => {
    const configured = (secret: string, files: string) =>
      acme(`sources: {files: ${files}, gke: {oauthClient: {id: client, secret: ${secret}}}}\n`);
    rig.publish(configured('geheim', '["/etc/k8s-tunnels/a, /etc/k8s-tunnels/b"]'));
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url);
    rig.publish(configured('anders', '[/etc/k8s-tunnels/a, /etc/k8s-tunnels/b]'));
    expect(await keeper.refresh()).toBe(false);
    expect(keeper.view()?.pending).toEqual(['sources.gke.oauthClient.secret', 'sources.files']);
    const preview = await keeper.preview({});
    expect(preview.fields).toContainEqual({
      field: 'sources.gke.oauthClient.secret',
      value: 'set',
      before: 'set (another one)',
    });
    expect(JSON.stringify([preview, keeper.view(), rig.notices])).not.toMatch(/geheim|anders/);
  });

  it('can be reviewed only where something is set up', async () => {
    await expect((await rig.start()).preview({})).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('a signature', () => {
  const signer = createSigner();
  const publishSigned = (text: string, by = signer) => {
    rig.publish(text);
    rig.publisher.publish('/acme.yaml.sig', by.sign(text));
  };

  it('of the pinned key is asked for from then on', async () => {
    publishSigned(acme());
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url, { key: signer.key });
    expect(keeper.view()?.signed).toBe(true);
    publishSigned(acme('tagPrefix: acme-\n'));
    expect(await keeper.refresh()).toBe(true);
    // A setup that names no key is held to the pinned one.
    rig.publish(acme('tagPrefix: evil-\n'));
    await expect(keeper.preview({ source: rig.url })).rejects.toMatchObject({ code: 'organisation-refused' });
    await expect(keeper.refresh()).rejects.toMatchObject({ code: 'organisation-refused' });
    rig.publisher.withdraw('/acme.yaml.sig');
    await expect(keeper.refresh()).rejects.toMatchObject({
      code: 'organisation-refused',
      message: expect.stringContaining('has no signature'),
    });
    publishSigned(acme('tagPrefix: evil-\n'), createSigner());
    await expect(keeper.refresh()).rejects.toMatchObject({ code: 'organisation-refused' });
    expect((await rig.start()).current()?.tagPrefix).toBe('acme-');
  });

  it.each([
    ['of somebody else', () => createSigner().sign(acme())],
    ['of another text', () => signer.sign(acme('\n'))],
    ['cut short', () => signer.sign(acme()).slice(0, 40)],
    ['empty', () => ''],
    ['that is none', () => '<html>Welcome</html>'],
  ])('%s is refused', async (_, made) => {
    rig.publisher.publish('/acme.yaml.sig', made());
    await expect((await rig.start()).preview({ source: rig.url, key: signer.key })).rejects.toMatchObject({
      code: 'organisation-refused',
    });
  });

  it('that cannot be fetched now is no refusal for good', async () => {
    rig.publisher.answer('/acme.yaml.sig', 503);
    await expect((await rig.start()).preview({ source: rig.url, key: signer.key })).rejects.toMatchObject({
      code: 'organisation-unavailable',
      retryable: true,
    });
  });

  it('of another key than the pinned one has to be meant', async () => {
    const other = createSigner();
    publishSigned(acme());
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url, { key: signer.key });
    publishSigned(acme(), other);
    await expect(rig.setUp(keeper, rig.url, { key: other.key })).rejects.toMatchObject({
      code: 'organisation-refused',
      message: expect.stringContaining('a different key'),
    });
    await rig.setUp(keeper, rig.url, { key: other.key, replace: true });
    expect(await keeper.refresh()).toBe(false);
  });

  it('comes in a link with its key', async () => {
    publishSigned(acme());
    const source = `k8s-tunnels://setup?${new URLSearchParams({ url: rig.url, key: signer.key })}`;
    const keeper = await rig.start();
    const preview = await keeper.preview({ source });
    expect(preview).toMatchObject({ signed: false, key: signer.key });
    expect(preview.remarks.join(' ')).toContain('This proves nothing about who made it');
    await rig.setUp(keeper, source);
    // It is asked for from then on, and does not count as the organisation's.
    expect(keeper.view()).toMatchObject({ place: rig.url, signed: false });
    rig.publish(acme('tagPrefix: evil-\n'));
    await expect(keeper.refresh()).rejects.toMatchObject({ code: 'organisation-refused' });
    publishSigned(acme('connectors: [direct]\n'));
    expect(await keeper.refresh()).toBe(false);
    expect(keeper.view()?.pending).toEqual(['connectors']);
    // The same key, given apart, makes it signed; a link with it does not take that away.
    await rig.setUp(keeper, rig.url, { key: signer.key });
    expect(keeper.view()).toMatchObject({ signed: true });
    expect(keeper.view()).not.toHaveProperty('pending');
    await rig.setUp(keeper, source);
    expect(keeper.view()?.signed).toBe(true);
    expect((await keeper.preview({ source })).signed).toBe(true);
  });

  it('of another key by a link takes the trust away, and has to be meant', async () => {
    const other = createSigner();
    publishSigned(acme());
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url, { key: signer.key });
    publishSigned(acme(), other);
    const source = `k8s-tunnels://setup?${new URLSearchParams({ url: rig.url, key: other.key })}`;
    expect(await keeper.preview({ source })).toMatchObject({ signed: false, conflict: { why: 'key' } });
    await rig.setUp(keeper, source, { replace: true });
    expect(keeper.view()?.signed).toBe(false);
  });

  it('beside a configuration without a key is told, and checks nothing', async () => {
    const keeper = await rig.start();
    expect(await keeper.preview({ source: rig.url })).not.toHaveProperty('unchecked');
    rig.publisher.publish('/acme.yaml.sig', '<html>Welcome</html>');
    expect(await keeper.preview({ source: rig.url })).not.toHaveProperty('unchecked');
    publishSigned(acme(), createSigner());
    expect(await keeper.preview({ source: rig.url })).toMatchObject({ signed: false, unchecked: true });
  });

  it('beside a file is read', async () => {
    const file = path.join(path.dirname(rig.managed), 'mine.yaml');
    await writeFile(file, acme());
    const keeper = await rig.start();
    await expect(keeper.preview({ source: file, key: signer.key })).rejects.toMatchObject({
      code: 'organisation-refused',
      message: expect.stringContaining('.sig'),
    });
    await writeFile(`${file}.sig`, createSigner().sign(acme()));
    await expect(keeper.preview({ source: file, key: signer.key })).rejects.toMatchObject({
      code: 'organisation-refused',
    });
    expect(await keeper.preview({ source: file })).toMatchObject({ unchecked: true });
    await writeFile(`${file}.sig`, signer.sign(acme()));
    await rig.setUp(keeper, file, { key: signer.key });
    expect(keeper.view()).toMatchObject({ origin: 'file', signed: true });
  });
});

describe('what is kept', () => {
  it.each([
    ['cut short', '{"version":1,"da'],
    ['of a later version', '{"version":2,"data":{}}', 'v2'],
  ])('%s is set aside with a message', async (_, text, suffix = 'unreadable') => {
    await rig.setUp(await rig.start(), rig.url);
    const file = path.join(rig.config, 'organisation.json');
    await writeFile(file, text);
    expect((await rig.start()).current()).toBeUndefined();
    expect(rig.notices).toHaveLength(1);
    expect(rig.notices[0]).toContain('was set aside as');
    expect(await readFile(`${file}.${suffix}`, 'utf8')).toBe(text);
  });

  it('and no longer understood is told, and mended by a review, as nothing says what was agreed to', async () => {
    await rig.setUp(await rig.start(), rig.url);
    const file = path.join(rig.config, 'organisation.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('name: Acme', 'nom: Acme'));
    const keeper = await rig.start();
    expect(keeper.current()).toBeUndefined();
    expect(rig.notices[0]).toContain('is not used by this version');
    expect(await keeper.refresh()).toBe(false);
    expect(keeper.current()).toBeUndefined();
    expect(rig.notices[1]).toContain('k8s-tunnels setup --review');
    const { digest } = await keeper.preview({});
    await keeper.apply({ digest });
    expect(keeper.current()?.name).toBe('Acme');
  });

  const full = canMount();
  it.skipIf(!full)(
    full ? 'stays when the disk is full' : 'on a full disk: needs root and mount',
    async () => {
      await mkdir(rig.config, { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', rig.config]);
      try {
        const keeper = await rig.start();
        await rig.setUp(keeper, rig.url);
        rig.publish(acme(`tagPrefix: acme-\n# ${'x'.repeat(100_000)}\n`));
        await expect(keeper.refresh()).rejects.toMatchObject({ code: 'disk-full' });
        await expect(rig.setUp(keeper, rig.url)).rejects.toMatchObject({ code: 'disk-full' });
        for (const each of [keeper, await rig.start()])
          expect(each.current()?.tagPrefix).toBe('k8s-tunnels-');
        expect(rig.notices).toEqual([]);
      } finally {
        execFileSync('umount', [rig.config]);
      }
    },
  );
});
