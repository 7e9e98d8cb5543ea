import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../main/agent/parts.ts';
import { fileCredential } from '../../../../main/agent/providers/file/credential.ts';
import { createFileSource } from '../../../../main/agent/providers/file/file.ts';
import { createAuthority } from '../../../world/authority.ts';
import { discoverOnce, discoveryInto } from '../../discovery/clouds.ts';

let home: string;
let folder: string;
let file: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'files-'));
  folder = path.join(home, '.config', 'k8s-tunnels');
  file = path.join(folder, 'clusters.yaml');
  await mkdir(folder, { recursive: true });
});
afterEach(() => rm(home, { recursive: true }));

const source = (...files: readonly string[]) =>
  createFileSource({ files, folder, home, env: {}, clock: systemClock });
const write = (text: string) => writeFile(file, text);
const discover = async () => discoverOnce(source('clusters.yaml'));
const credential = (cluster: string) =>
  fileCredential({ env: { PATH: process.env.PATH }, home }, { kind: 'file', file, cluster });

test('the example parses, and every cluster of it is listed', async () => {
  await copyFile(path.join(import.meta.dirname, '../../../../resources/examples/clusters.yaml'), file);
  const { clusters, results } = await discover();
  expect(results.map(({ outcome }) => outcome.kind)).toEqual(['listed']);
  expect(clusters.map(({ name }) => name)).toEqual(['lab', 'k3s-workshop', 'edge', 'mill', 'appliance']);
  expect(clusters.find(({ name }) => name === 'edge')).toMatchObject({
    server: 'https://10.20.0.5:6443',
    serverName: 'kubernetes',
    reach: { kind: 'tunnel', hostname: 'edge.k8s.example.com', origin: 'tcp' },
    credential: { kind: 'file', file, cluster: 'edge' },
    // Its files are nobody's here.
    tagProblems: [{ key: 'certificate-authority' }],
  });
  expect(clusters.find(({ name }) => name === 'appliance')?.reach).toMatchObject({ kind: 'none' });
});

describe('what is listed', () => {
  test('from an absolute path, below the home, beside the settings; one named twice is read once', async () => {
    await write("[{ name: a, server: 'https://a:6443' }]");
    for (const name of [file, '~/.config/k8s-tunnels/clusters.yaml', 'clusters.yaml', './clusters.yaml']) {
      const { clusters, planned } = await discoverOnce(source(name, 'clusters.yaml'));
      expect(planned).toBe(1);
      expect(clusters.map(({ id }) => id)).toEqual([`file/${encodeURIComponent(file)}/%2F/a`]);
    }
  });

  test('a second document is refused, and says where it begins', async () => {
    await write("- { name: a, server: 'https://a:6443' }\n---\n- { name: b, server: 'https://b:6443' }\n");
    expect((await discover()).results.map(({ outcome }) => outcome)).toMatchObject([
      {
        kind: 'failed',
        error: {
          code: 'file-invalid',
          message: `${file}, line 2: starts a second document; a list must be one document.`,
        },
      },
    ]);
  });

  test('an empty file is an empty list', async () => {
    await write('# nothing yet\n');
    expect((await discover()).results.map(({ outcome }) => outcome)).toEqual([
      { kind: 'listed', clusters: [] },
    ]);
  });

  test('an authority from a file, in base64 or as PEM', async () => {
    const { certificate } = await createAuthority('lab');
    await writeFile(path.join(folder, 'ca.crt'), certificate);
    const base64 = Buffer.from(certificate).toString('base64');
    const indented = certificate.trim().replaceAll('\n', '\n    ');
    await write(`
- { name: a, server: 'https://a', certificate-authority: ca.crt }
- { name: b, server: 'https://b', certificate-authority-data: ${base64} }
- name: c
  server: https://c
  certificate-authority-data: |
    ${indented}
`);
    const { clusters } = await discover();
    for (const { certificateAuthorityData = '', tagProblems } of clusters) {
      expect(Buffer.from(certificateAuthorityData, 'base64').toString().trim()).toBe(certificate.trim());
      expect(tagProblems).toEqual([]);
    }
  });

  test('server and authority come from a kubeconfig where the list gives none', async () => {
    const { certificate } = await createAuthority('lab');
    await mkdir(path.join(home, '.kube'));
    await writeFile(path.join(home, '.kube', 'ca.crt'), certificate);
    await writeFile(
      path.join(home, '.kube', 'lab'),
      `
current-context: other
contexts: [{ name: lab, context: { cluster: lab, user: lab } }, { name: other, context: { cluster: o, user: o } }]
clusters: [{ name: lab, cluster: { server: 'https://lab:6443', certificate-authority: ca.crt } }]
users: [{ name: lab, user: { token: the-token } }]
`,
    );
    await write(`
- { name: lab, user: { kubeconfig: { file: ~/.kube/lab, context: lab } } }
- { name: gone, user: { kubeconfig: { file: ~/.kube/lab } } }
`);
    const { clusters } = await discover();
    expect(clusters[0]).toMatchObject({
      server: 'https://lab:6443',
      certificateAuthorityData: expect.any(String),
      tagProblems: [],
    });
    expect(clusters[1]).toMatchObject({
      server: '',
      reach: { kind: 'none', reason: expect.stringContaining('no server for gone') },
      tagProblems: [{ key: 'user.kubeconfig', message: expect.stringContaining('current context') }],
    });
    expect(JSON.stringify(clusters)).not.toContain('the-token');
    expect(await credential('lab')).toEqual({ kind: 'token', token: 'the-token', expiresAt: undefined });
  });

  test('a tag that nobody accepts is a problem of its cluster alone', async () => {
    await write(`
- { name: a, server: 'https://a', tags: { hostname: a.example.com, origin: pigeon } }
- { name: b, server: 'https://b', tags: { hostname: b.example.com } }
`);
    const { clusters } = await discover();
    expect(clusters.map(({ reach }) => reach.kind)).toEqual(['none', 'tunnel']);
    expect(clusters[0]?.tagProblems).toMatchObject([{ key: 'k8s-tunnels-origin' }]);
  });
});

describe('people’s own sign-ins (OpenID Connect)', () => {
  const issuer = { kind: 'oidc', issuer: 'https://id.example.com', clientId: 'k8s' };
  const kubelogin =
    'command: kubectl, args: [oidc-login, get-token, --oidc-issuer-url=https://id.example.com';
  const user = async (text: string) => {
    await write(`[{ name: a, server: 'https://a', user: ${text} }]`);
    return (await discover()).clusters[0];
  };

  test('by its fields, or by the plugin that would be run', async () => {
    expect(
      (
        await user(
          '{ oidc-issuer-url: https://id.example.com, oidc-client-id: k8s, oidc-extra-scopes: [groups] }',
        )
      )?.credential,
    ).toEqual({ ...issuer, scopes: ['groups'] });
    expect((await user(`{ exec: { ${kubelogin}, --oidc-client-id=k8s] } }`))?.credential).toEqual({
      ...issuer,
      scopes: [],
      port: 8000,
    });
  });

  test('what only the plugin can do is left to it', async () => {
    const cluster = await user(`{ exec: { ${kubelogin}, --oidc-client-id=k8s, --oidc-client-secret=x] } }`);
    expect(cluster).toMatchObject({ credential: { kind: 'file', cluster: 'a' }, tagProblems: [] });
  });

  test('by the user of a kubeconfig, unless it holds a token', async () => {
    const lab = (more: string) =>
      writeFile(
        path.join(folder, 'lab'),
        `
contexts: [{ name: lab, context: { cluster: lab, user: lab } }]
clusters: [{ name: lab, cluster: { server: 'https://lab:6443' } }]
users: [{ name: lab, user: { ${more} auth-provider: { name: oidc, config: { idp-issuer-url: https://id.example.com, client-id: k8s } } } }]
`,
      );
    await lab('');
    expect((await user('{ kubeconfig: { file: lab } }'))?.credential).toEqual(issuer);
    await lab('token: held,');
    expect((await user('{ kubeconfig: { file: lab } }'))?.credential).toMatchObject({ kind: 'file' });
  });
});

describe('a list that cannot be read', () => {
  test.each([
    [
      '- name: a\n  server: https://a\n  user:\n    oidc-issuer-url: http://hunter2\n    oidc-client-id: k\n',
      'line 4: user.oidc-issuer-url must be the https:// address of an issuer',
    ],
    [
      '- name: a\n  server: https://a\n  user:\n    oidc-issuer-url: https://id\n',
      'line 4: user needs oidc-issuer-url and oidc-client-id together',
    ],
    ['- name: a\n  server: http://a\n', 'line 2: server must be an https:// address.'],
    ['- name: a\n  server: https://root:hunter2@a\n', 'line 2: server must hold no user name.'],
    ['- name: a\n', 'line 1: server is missing.'],
    ['- name: a\n  server: https://a\n  hostnme: x\n', 'line 3: hostnme is not a known field.'],
    ['- name: a\n  server: https://a\n  tags:\n    namespace: 1\n', 'line 4: tags.namespace must be text'],
    [
      '- name: a\n  server: https://a\n  user:\n    token: hunter2\n',
      'line 4: user.token is not a known field',
    ],
    ['- name: a\n  server: https://a\n  user: {}\n', 'line 3: user needs one of exec'],
    [
      '- name: a\n  server: https://a\n  user:\n    client-certificate: x\n',
      'line 4: user needs client-certificate and client-key together',
    ],
    [
      '- { name: a, server: https://a }\n- { name: a, server: https://b }\n',
      'line 2: name is the name of two',
    ],
    ['name: a\n', 'line 1: must be a list of clusters.'],
    ['- name: a\n  server: [\n', 'is not valid YAML.'],
  ])('%j', async (text, message) => {
    await write(text);
    const [result] = (await discover()).results;
    expect(result?.outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'file-invalid', message: expect.stringContaining(message), retryable: false },
    });
    const told = JSON.stringify(result);
    expect(told).toContain('clusters.yaml');
    expect(told).not.toContain('hunter2');
  });

  test('keeps what was known, stale, until it can be read again', async () => {
    const { catalog, discovery } = await discoveryInto(path.join(home, 'catalog'), [source('clusters.yaml')]);
    await write("- { name: a, server: 'https://a' }\n- { name: b, server: 'https://b' }\n");
    await discovery.run();
    await write('- name: [\n');
    await discovery.run();
    expect(catalog.clusters().map(({ name, stale }) => [name, stale])).toEqual([
      ['a', true],
      ['b', true],
    ]);
    await rm(file);
    await discovery.run();
    expect(catalog.cells()).toMatchObject([{ error: { code: 'file-unreadable' } }]);
    await write("- { name: b, server: 'https://b' }\n");
    await discovery.run();
    expect(catalog.clusters().map(({ name, stale }) => [name, stale])).toEqual([['b', false]]);
    await catalog.close();
  });
});

describe('the credential', () => {
  const user = (text: string) => write(`[{ name: a, server: 'https://a', user: { ${text} } }]`);

  test('a token in a file, as it is now', async () => {
    await user('token-file: token');
    await writeFile(path.join(folder, 'token'), 'first\n');
    expect(await credential('a')).toMatchObject({ kind: 'token', token: 'first' });
    await writeFile(path.join(folder, 'token'), 'second\n');
    expect(await credential('a')).toMatchObject({ token: 'second' });
    await rm(path.join(folder, 'token'));
    await expect(credential('a')).rejects.toMatchObject({
      code: 'file-unreadable',
      message: expect.stringContaining(path.join(folder, 'token')),
    });
  });

  test('a client certificate and its key', async () => {
    const authority = await createAuthority('lab');
    const { certificate, key } = await authority.issueClient('ada', ['system:masters']);
    await writeFile(path.join(folder, 'client.crt'), certificate);
    await writeFile(path.join(folder, 'client.key'), key);
    await user('client-certificate: client.crt, client-key: client.key');
    expect(await credential('a')).toMatchObject({
      kind: 'client-certificate',
      certificate: `${certificate.trim()}\n`,
    });
    await writeFile(path.join(folder, 'client.key'), 'hunter2');
    const failure: unknown = await credential('a').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'credential-failed' });
    expect(String(failure)).not.toContain('hunter2');
  });

  test('a plugin is run beside the list, with what it was given', async () => {
    const answer =
      '{"kind":"ExecCredential","status":{"token":"\'$1-$LAB\'","expirationTimestamp":"2030-01-01T00:00:00Z"}}';
    await writeFile(
      path.join(folder, 'plugin'),
      `#!/bin/sh\ncase "$KUBERNETES_EXEC_INFO" in *ExecCredential*) ;; *) exit 3;; esac\necho '${answer}'\n`,
      { mode: 0o700 },
    );
    await user('exec: { command: ./plugin, args: [eu], env: [{ name: LAB, value: seven }] }');
    expect(await credential('a')).toEqual({
      kind: 'token',
      token: 'eu-seven',
      expiresAt: Date.parse('2030-01-01T00:00:00Z'),
    });
  });

  test('a plugin that fails, is not there, or says nothing usable', async () => {
    await writeFile(path.join(folder, 'fails'), '#!/bin/sh\necho hunter2 >&2\nexit 7\n', { mode: 0o700 });
    await writeFile(path.join(folder, 'talks'), '#!/bin/sh\necho hunter2\n', { mode: 0o700 });
    for (const [command, message] of [
      ['./fails', 'failed with exit code 7'],
      ['./absent', 'could not be started'],
      ['./talks', 'gave no ExecCredential'],
    ]) {
      await user(`exec: { command: ${command} }`);
      const failure: unknown = await credential('a').catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: 'credential-failed',
        message: expect.stringContaining(message ?? ''),
      });
      expect(String(failure)).not.toContain('hunter2');
    }
  });

  test('of a cluster that is not in the list any more', async () => {
    await write('[]');
    await expect(credential('a')).rejects.toMatchObject({ code: 'credential-failed' });
  });
});

/** What is told of another account is in test/attack/agent.attack.ts. */
describe('a list that other accounts may change', () => {
  const plugin = `echo '{"kind":"ExecCredential","status":{"token":"ran"}}'`;
  const ways = {
    exec: 'exec: { command: ./plugin }',
    token: 'token-file: token',
    certificate: 'client-certificate: client.crt, client-key: client.key',
    kubeconfig: 'kubeconfig: { file: lab, context: lab }',
  };
  const list = (user: string) => write(`[{ name: a, server: 'https://a', user: { ${user} } }]`);
  beforeEach(async () => {
    await chmod(folder, 0o755);
    await writeFile(path.join(folder, 'token'), 'hunter2');
    await writeFile(path.join(folder, 'plugin'), `#!/bin/sh\ntouch ran\n${plugin}\n`, { mode: 0o700 });
    await writeFile(
      path.join(folder, 'lab'),
      `
contexts: [{ name: lab, context: { cluster: lab, user: lab } }]
clusters: [{ name: lab, cluster: { server: 'https://lab:6443' } }]
users: [{ name: lab, user: { exec: { command: ./plugin } } }]
`,
      { mode: 0o600 },
    );
  });
  const refused = async (place: string, mode: string) => {
    const expected = {
      message: `The user of a in ${file} is not used, because ${place} may be changed by other accounts (mode ${mode}).`,
      hint: `Check what it holds and run \`chmod go-w ${place}\`, then try again.`,
    };
    const { clusters } = await discover();
    expect(clusters).toMatchObject([{ name: 'a', tagProblems: [{ key: 'user', ...expected }] }]);
    expect(JSON.stringify(clusters)).not.toContain('hunter2');
    await expect(credential('a')).rejects.toMatchObject({ code: 'credential-failed', ...expected });
    await expect(rm(path.join(folder, 'ran'))).rejects.toMatchObject({ code: 'ENOENT' });
  };

  test.each(Object.entries(ways))('is listed, and its user is not used: %s', async (_, user) => {
    await list(user);
    await chmod(file, 0o666);
    await refused(file, '0666');
    await chmod(file, 0o644);
    await chmod(folder, 0o777);
    await refused(folder, '0777');
  });

  test('by a folder above, or by where a link leads', async () => {
    await list(ways.exec);
    await chmod(path.dirname(folder), 0o757);
    await refused(path.dirname(folder), '0757');
    await chmod(path.dirname(folder), 0o755);
    const open = path.join(home, 'open');
    await mkdir(open);
    await chmod(open, 0o777);
    await copyFile(file, path.join(open, 'clusters.yaml'));
    await rm(file);
    await symlink(path.join(open, 'clusters.yaml'), file);
    await refused(open, '0777');
    // As /tmp is: nobody replaces there what is another's.
    await chmod(open, 0o1777);
    expect(await credential('a')).toMatchObject({ token: 'ran' });
  });

  test('is found out when its plugin is run, though it was not when it was listed', async () => {
    await list(ways.exec);
    expect((await discover()).clusters).toMatchObject([{ tagProblems: [] }]);
    expect(await credential('a')).toMatchObject({ token: 'ran' });
    await rm(path.join(folder, 'ran'));
    await chmod(file, 0o646);
    await refused(file, '0646');
  });

  test('names the kubeconfig where it is that', async () => {
    await list(ways.kubeconfig);
    expect(await credential('a')).toMatchObject({ token: 'ran' });
    await rm(path.join(folder, 'ran'));
    await chmod(path.join(folder, 'lab'), 0o666);
    await refused(path.join(folder, 'lab'), '0666');
  });

  test('may still say where clusters are, and who signs people in', async () => {
    await list('oidc-issuer-url: https://id.example.com, oidc-client-id: k8s');
    await chmod(file, 0o666);
    expect((await discover()).clusters).toMatchObject([
      { server: 'https://a', credential: { kind: 'oidc' }, tagProblems: [] },
    ]);
  });

  test('has no file of certificates read for it either', async () => {
    const { certificate } = await createAuthority('Lab');
    await writeFile(path.join(folder, 'ca.crt'), certificate);
    await write("[{ name: a, server: 'https://a', certificate-authority: ca.crt }]");
    expect((await discover()).clusters).toMatchObject([{ certificateAuthorityData: expect.any(String) }]);
    await chmod(file, 0o666);
    const { clusters } = await discover();
    expect(clusters).toMatchObject([
      {
        tagProblems: [
          {
            key: 'certificate-authority',
            message: `The certificate-authority of a in ${file} is not read, because ${file} may be changed by other accounts (mode 0666).`,
          },
        ],
      },
    ]);
    expect(clusters[0]).not.toHaveProperty('certificateAuthorityData');
  });

  test('is no pipe that nobody writes to, and not endless', async () => {
    await execa('/usr/bin/mkfifo', [file]);
    const [result] = (await discover()).results;
    expect(result?.outcome).toMatchObject({
      error: { code: 'file-invalid', message: `${file} is not a file.` },
    });
    await rm(file);
    await write('');
    await truncate(file, 32 * 1024 * 1024 + 1);
    const [next] = (await discover()).results;
    expect(next?.outcome).toMatchObject({ error: { message: `${file} is longer than 32 MB.` } });
  });
});

describe('the program of a plugin', () => {
  const answer = (token: string) =>
    `#!/bin/sh\necho '{"kind":"ExecCredential","status":{"token":"${token}"}}'\n`;
  const program = async (place: string, token: string, mode = 0o755) => {
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, answer(token));
    await chmod(place, mode);
  };
  const run = async (command: string, PATH = '/usr/bin:/bin') => {
    await write(`[{ name: a, server: 'https://a', user: { exec: { command: ${command} } } }]`);
    return fileCredential({ env: { PATH }, home }, { kind: 'file', file, cluster: 'a' });
  };

  test('is not looked for beside the list, nor in a folder of PATH that is relative', async () => {
    await program(path.join(folder, 'lab-login'), 'beside');
    for (const PATH of ['/usr/bin', `:/usr/bin`, `.:/usr/bin`, ''])
      await expect(run('lab-login', PATH)).rejects.toMatchObject({
        message: expect.stringContaining('there is no such program'),
      });
    expect(await run('./lab-login')).toMatchObject({ token: 'beside' });
  });

  test('that other accounts may change is passed over in PATH, and refused where it is the only one', async () => {
    const [open, own] = [path.join(home, 'open'), path.join(home, 'own')];
    await program(path.join(open, 'lab-login'), 'planted');
    await chmod(open, 0o777);
    await program(path.join(own, 'lab-login'), 'own');
    expect(await run('lab-login', `${open}:${own}:/bin`)).toMatchObject({ token: 'own' });
    await expect(run('lab-login', `${open}:/bin`)).rejects.toMatchObject({
      code: 'credential-failed',
      message: `The credential plugin lab-login of a in ${file} is not run, because ${open} may be changed by other accounts (mode 0777).`,
      hint: expect.stringContaining(`chmod go-w ${open}`),
    });
    await chmod(open, 0o755);
    await chmod(path.join(open, 'lab-login'), 0o757);
    await expect(run(path.join(open, 'lab-login'))).rejects.toMatchObject({
      message: expect.stringContaining('(mode 0757)'),
    });
  });

  test('may be in a folder of its administrators’ group', async () => {
    await program(path.join(home, 'own', 'lab-login'), 'own', 0o775);
    await chmod(path.join(home, 'own'), 0o775);
    expect(await run('lab-login', `${path.join(home, 'own')}:/bin`)).toMatchObject({ token: 'own' });
  });
});
