import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProjects } from '../../../main/cli/doctor/probes/projects.ts';

// Files as their package managers write them, shortened.

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'projects-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
  await writeFile(path.join(folder, file), text);
}

async function found(
  env: Readonly<Record<string, string>> = {},
  { home = '/home/ada', signal = new AbortController().signal } = {},
) {
  const facts = await findProjects({ folder, env, home, signal });
  return {
    clients: facts.found.map(
      ({ registry, name, version, where }) =>
        `${registry} ${name} ${version ?? '?'} ${path.relative(folder, where)}`,
    ),
    unread: facts.unread,
  };
}

test.each([
  [
    'requirements.txt',
    '# clients\nkubernetes[adal]==28.1.0 ; python_version > "3.8" \\\n    --hash=sha256:ab\nKubernetes_AsyncIO>=36,<37\nkr8s\nrequests==2.0\n-r other.txt\n',
    ['pypi kubernetes 28.1.0', 'pypi kubernetes-asyncio 36', 'pypi kr8s ?'],
  ],
  ['requirements-dev.txt', 'lightkube ~= 0.17.1  # tests\n', ['pypi lightkube 0.17.1']],
  [
    'poetry.lock',
    '[[package]]\nname = "kubernetes"\nversion = "35.0.0"\n\n[package.dependencies]\nname = "no"\n\n[[package]]\nname = "six"\nversion = "1"\n',
    ['pypi kubernetes 35.0.0'],
  ],
  [
    'uv.lock',
    'version = 1\n\n[[package]]\nname = "pykube-ng"\nversion = "23.6.0"\nsource = { registry = "https://pypi.org/simple" }\n',
    ['pypi pykube-ng 23.6.0'],
  ],
  [
    'Pipfile.lock',
    '{"_meta":{},"default":{"kubernetes":{"version":"==37.0.0"}},"develop":{"kr8s":{"version":"==0.20.15"}}}',
    ['pypi kubernetes 37.0.0', 'pypi kr8s 0.20.15'],
  ],
  [
    'package-lock.json',
    '{"lockfileVersion":3,"packages":{"":{"name":"me"},"node_modules/@kubernetes/client-node":{"version":"1.4.0"},"node_modules/a/node_modules/@kubernetes/client-node":{"version":"0.22.3"}}}',
    ['npm @kubernetes/client-node 1.4.0', 'npm @kubernetes/client-node 0.22.3'],
  ],
  [
    'package-lock.json',
    '{"lockfileVersion":1,"dependencies":{"@kubernetes/client-node":{"version":"0.20.0"}}}',
    ['npm @kubernetes/client-node 0.20.0'],
  ],
  [
    'pnpm-lock.yaml',
    "lockfileVersion: '9.0'\npackages:\n\n  '@kubernetes/client-node@2.0.1(encoding@0.1.13)':\n    resolution: {integrity: sha512-x}\n",
    ['npm @kubernetes/client-node 2.0.1'],
  ],
  [
    'pnpm-lock.yaml',
    'packages:\n\n  /@kubernetes/client-node/0.22.0:\n    dev: false\n',
    ['npm @kubernetes/client-node 0.22.0'],
  ],
  [
    'yarn.lock',
    '# yarn lockfile v1\n\n"@kubernetes/client-node@^1.1.2", "@kubernetes/client-node@^1.2.0":\n  version "1.4.0"\n  resolved "https://x"\n  dependencies:\n    version "9"\n',
    ['npm @kubernetes/client-node 1.4.0'],
  ],
  [
    'yarn.lock',
    '__metadata:\n  version: 8\n\n"@kubernetes/client-node@npm:^1.0.0, @kubernetes/client-node@npm:^1.2.0":\n  version: 1.4.0\n',
    ['npm @kubernetes/client-node 1.4.0'],
  ],
  [
    'pom.xml',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a property of Maven.
    '<project><properties><fabric8.version>7.4.0</fabric8.version></properties><dependencies><!-- <dependency><groupId>io.kubernetes</groupId><artifactId>client-java</artifactId><version>1</version></dependency> --><dependency>\n<groupId>io.fabric8</groupId>\n<artifactId>kubernetes-client</artifactId>\n<version>${fabric8.version}</version></dependency></dependencies></project>',
    ['maven io.fabric8:kubernetes-httpclient-vertx 7.4.0'],
  ],
  [
    'pom.xml',
    '<dependency><groupId>io.fabric8</groupId><artifactId>kubernetes-client</artifactId></dependency><dependency><groupId>io.fabric8</groupId><artifactId>kubernetes-httpclient-okhttp</artifactId><version>7.4.0</version></dependency>',
    ['maven io.fabric8:kubernetes-httpclient-okhttp 7.4.0'],
  ],
  [
    'build.gradle.kts',
    'dependencies {\n  implementation("io.kubernetes:client-java:25.0.0") // the API\n  implementation("io.fabric8:openshift-client:6.13.0")\n}\n',
    ['maven io.kubernetes:client-java 25.0.0', 'maven io.fabric8:kubernetes-httpclient-okhttp 6.13.0'],
  ],
  [
    'build.gradle',
    "implementation group: 'io.kubernetes', name: 'client-java', version: '20.0.1'\n",
    ['maven io.kubernetes:client-java 20.0.1'],
  ],
  [
    'gradle.lockfile',
    '# This is a Gradle generated file\nio.fabric8:kubernetes-client:7.4.0=compileClasspath\nio.fabric8:kubernetes-httpclient-jdk:7.4.0=runtimeClasspath\n',
    ['maven io.fabric8:kubernetes-httpclient-jdk 7.4.0'],
  ],
  [
    'Cargo.lock',
    'version = 4\n\n[[package]]\nname = "kube"\nversion = "5.0.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n',
    ['crates kube 5.0.0'],
  ],
  [
    'go.mod',
    'module example.com/me\n\nrequire (\n\tk8s.io/api v0.34.3\n\tk8s.io/client-go v0.34.3 // indirect\n)\n\nreplace k8s.io/client-go => k8s.io/client-go v0.33.0\n',
    ['go k8s.io/client-go 0.34.3'],
  ],
  ['go.mod', 'module me\nrequire k8s.io/client-go v0.28.0\n', ['go k8s.io/client-go 0.28.0']],
  [
    'collections/requirements.yml',
    'collections:\n  - name: kubernetes.core\n    version: ">=6.2.0"\n  - community.general\n',
    ['galaxy kubernetes.core 6.2.0'],
  ],
  ['requirements.yml', 'collections: [kubernetes.core]\n', ['galaxy kubernetes.core ?']],
])('%s', async (file, text, expected) => {
  await put(file, text);
  expect(await found()).toEqual({ clients: expected.map((one) => `${one} ${file}`), unread: [] });
});

test('projects below the folder are found, what they have installed is not searched', async () => {
  const lock = '{"packages":{"node_modules/@kubernetes/client-node":{"version":"2.0.0"}}}';
  await put('services/web/package-lock.json', lock);
  await put('services/web/node_modules/x/package-lock.json', lock);
  await put('.cache/package-lock.json', lock);
  await put('a/b/c/package-lock.json', lock);
  expect((await found()).clients).toEqual([
    'npm @kubernetes/client-node 2.0.0 services/web/package-lock.json',
  ]);
});

test('a file that is not what its name says is reported, and the others are read', async () => {
  await put('package-lock.json', '{"packages":');
  await put('go.mod', 'require k8s.io/client-go v0.34.0\n');
  const { clients, unread } = await found();
  expect(clients).toEqual(['go k8s.io/client-go 0.34.0 go.mod']);
  expect(unread).toEqual([
    { file: path.join(folder, 'package-lock.json'), reason: expect.stringContaining('JSON') },
  ]);
});

test.skipIf(process.platform === 'win32')(
  'an active virtual environment says what is installed',
  async () => {
    const packages = 'env/lib/python3.12/site-packages';
    await put(`${packages}/kubernetes-37.0.0.dist-info/METADATA`, '');
    await put(`${packages}/kubernetes_asyncio-36.1.0.dist-info/METADATA`, '');
    await put(`${packages}/kubernetes/__init__.py`, '');
    const { clients } = await found({ VIRTUAL_ENV: path.join(folder, 'env') });
    expect(clients).toEqual([
      `pypi kubernetes 37.0.0 ${packages}`,
      `pypi kubernetes-asyncio 36.1.0 ${packages}`,
    ]);
  },
);

test('of the home folder only the folder itself is searched, and what is left out for time is said', async () => {
  await put('go.mod', 'require k8s.io/client-go v0.34.0\n');
  await put('src/go.mod', 'require k8s.io/client-go v0.33.0\n');
  expect((await found({}, { home: folder })).clients).toEqual(['go k8s.io/client-go 0.34.0 go.mod']);
  expect(await found({}, { signal: AbortSignal.abort() })).toEqual({
    clients: [],
    unread: [{ file: folder, reason: 'not all of it was searched in time' }],
  });
});
