import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { networkVariables } from '../../../main/agent/network/network-variables.ts';
import { clientReports } from '../../../main/cli/doctor/checks/clients.ts';
import { diagnose } from '../../../main/cli/doctor/diagnose.ts';
import { doctorDocument, doctorSchema } from '../../../main/cli/doctor/document.ts';
import type { Facts } from '../../../main/cli/doctor/facts.ts';
import { type FindingCode, findingKinds } from '../../../main/cli/doctor/finding.ts';
import { reportLines, summary } from '../../../main/cli/doctor/lines.ts';
import type { Account } from '../../../main/model/account.ts';
import { defaultSettings } from '../../../main/model/settings.ts';
import { entryOf, facts, kubeconfig, running } from './facts.ts';

const now = Date.parse('2026-03-04T12:00:00Z');
const plain = { code: 'internal', retryable: false } as const;
const account: Account = {
  provider: 'aws',
  session: 'acme',
  status: 'signed-in',
  renews: false,
  store: '~/.aws/sso/cache',
  asks: 'browser',
  ours: true,
};
const program = (name: string, version?: string) => ({
  found: [{ registry: 'program' as const, name, version, where: `/usr/bin/${name}` }],
  silent: [],
  unread: [],
});
const project = (registry: 'pypi' | 'npm' | 'maven', name: string, version?: string) => ({
  found: [{ registry, name, version, where: '/src/lock' }],
  silent: [],
  unread: [],
});
const withEntries = (...entries: ReturnType<typeof entryOf>[]) => kubeconfig({ entries });
const socks = entryOf('staging');
const tls = entryOf('staging', {
  form: 'tls',
  server: new URL('https://127.0.0.1:20999'),
  port: 20_999,
});
const port = (listener: NonNullable<Facts['ports']>[number]['listener']) => [
  { port: 20_123, name: 'staging', id: 'staging', listener },
];
const organisation = {
  name: 'Acme',
  origin: 'url',
  place: 'https://acme.example',
  signed: true,
  readAt: 0,
  links: {},
  locked: [],
  production: {},
} as never;

/** Facts with one thing wrong, its code, and what the reason and the fix say. */
const cases: readonly (readonly [FindingCode, Partial<Facts>, string | RegExp, string | RegExp])[] = [
  ['agent-not-running', {}, 'No agent is running', 'k8s-tunnels status'],
  [
    'agent-unreachable',
    {
      agent: {
        status: 'failed',
        error: { ...plain, message: 'The agent (process 7) does not answer.', hint: 'It is stopped.' },
      },
    },
    'process 7',
    'It is stopped.',
  ],
  [
    'agent-version',
    { agent: running({}, { version: '1.1.0' }) },
    /is 1\.1\.0, .* is 1\.2\.0/,
    'k8s-tunnels quit',
  ],
  [
    'plugin-version',
    {
      agent: running(),
      plugins: [{ command: ['/old/k8s-tunnels'], version: '1.0.0', contexts: ['staging'] }],
    },
    /version 1\.0\.0.*staging/,
    'k8s-tunnels connect --add staging',
  ],
  [
    'release-required',
    {
      agent: running({
        release: {
          version: '2.0.0',
          notes: '',
          url: 'https://acme.example/2',
          publishedAt: '',
          isRequired: true,
        },
      }),
    },
    '2.0.0 is out',
    'https://acme.example/2',
  ],
  [
    'organisation-pending',
    { agent: running({ organisation: { ...(organisation as object), pending: ['sources.aws'] } as never }) },
    'sources.aws',
    'k8s-tunnels setup --review',
  ],
  [
    'organisation-refused',
    {
      agent: running({
        organisation: {
          ...(organisation as object),
          failed: { at: 0, error: { ...plain, message: 'Its signature is not good.', hint: 'Ask Ada.' } },
        } as never,
      }),
    },
    'an earlier version stays in effect: Its signature is not good.',
    'Ask Ada.',
  ],
  [
    'own-file-open',
    { agent: running(), ownFiles: [{ file: '/s/k 8s', trouble: 'open', mode: 0o755 }] },
    '0755',
    "chmod 700 '/s/k 8s'",
  ],
  [
    'own-file-foreign',
    {
      agent: running(),
      ownFiles: [{ file: '/s/a', trouble: 'foreign', owner: 'the account root (uid 0)' }],
    },
    'root',
    'sudo chown -R "$USER" /s/a',
  ],
  [
    'own-file-invalid',
    { agent: running(), kubeconfig: kubeconfig({ invalid: ['/s/journal.json'] }) },
    'not what',
    'k8s-tunnels quit',
  ],
  [
    'check-failed',
    { agent: running(), failed: [{ probe: 'projects', error: { ...plain, message: 'It broke.' } }] },
    'It broke.',
    'again',
  ],
  ['probe-timeout', { agent: running(), late: ['hosts'] }, 'in time', 'again'],
  [
    'client-unserved',
    { agent: running(), kubeconfig: withEntries(socks), projects: project('pypi', 'kubernetes', '35.0.0') },
    /needs the entry form tls, because with socks5 it ignores proxy-url.*\/src\/lock; https:\/\//,
    'k8s-tunnels kubeconfig staging --for python',
  ],
  [
    'client-untested',
    { agent: running(), projects: project('pypi', 'kubernetes', '12.0.0') },
    'not known',
    'k8s-tunnels kubeconfig CLUSTER --for python',
  ],
  [
    'client-silent',
    {
      agent: running(),
      programs: {
        ...program('kubectl'),
        silent: [{ name: 'kubectl', where: '/bin/kubectl', why: 'failed' }],
      },
    },
    '/bin/kubectl',
    'terminal',
  ],
  [
    'project-unread',
    {
      agent: running(),
      projects: { found: [], silent: [], unread: [{ file: '/src/pom.xml', reason: 'EACCES' }] },
    },
    'EACCES',
    'Check the file',
  ],
  ['proxy-invalid', { agent: running(), env: { HTTPS_PROXY: 'ftp://x' } }, 'not the address', 'HTTPS_PROXY'],
  [
    'proxy-takes-loopback',
    {
      agent: running(),
      env: { https_proxy: 'http://proxy:3128', NO_PROXY: '.example.com' },
      kubeconfig: withEntries(tls),
    },
    /staging names 127\.0\.0\.1.*Clients such as/,
    'Add 127.0.0.1 and localhost to NO_PROXY.',
  ],
  [
    'no-proxy-bypass',
    { agent: running(), env: { NO_PROXY: 'localhost,.k8s.example.com' }, kubeconfig: withEntries(socks) },
    'staging.k8s.example.com',
    'NO_PROXY',
  ],
  [
    'network-differs',
    { agent: running({}, { variables: { HTTPS_PROXY: 'http://old:3128' } }), env: {} },
    'http://old:3128',
    'k8s-tunnels quit',
  ],
  [
    'kubeconfig-unusable',
    {
      agent: running(),
      kubeconfig: kubeconfig({
        failures: [{ subject: '/k', error: { ...plain, message: '/k is not valid.', hint: 'See line 3.' } }],
      }),
    },
    '/k is not valid.',
    'See line 3.',
  ],
  [
    'kubeconfig-list',
    { agent: running(), kubeconfig: kubeconfig({ remarks: ['KUBECONFIG holds an empty entry.'] }) },
    'empty entry',
    'KUBECONFIG',
  ],
  [
    'kubeconfig-dangling-link',
    {
      agent: running(),
      kubeconfig: kubeconfig({
        files: [{ file: '/l', isDangling: true, mode: undefined, holdsEntries: false }],
      }),
    },
    'does not exist',
    'rm /l',
  ],
  [
    'kubeconfig-open',
    {
      agent: running(),
      kubeconfig: kubeconfig({ files: [{ file: '/k', isDangling: false, mode: 0o644, holdsEntries: true }] }),
    },
    '0644',
    'chmod 600 /k',
  ],
  ...(
    [
      ['second-document', 'kubeconfig-second-document'],
      ['hidden-name', 'kubeconfig-hidden-name'],
      ['lost-context', 'kubeconfig-lost-context'],
    ] as const
  ).map(
    ([kind, code]) =>
      [
        code,
        {
          agent: running(),
          kubeconfig: kubeconfig({ oddities: [{ kind, file: '/k', text: '/k, line 4: odd' }] }),
        },
        'line 4',
        /./,
      ] as const,
  ),
  [
    'kubeconfig-other-agent',
    { agent: running(), kubeconfig: kubeconfig({ others: ['/k: of laptop-1'] }) },
    'laptop-1',
    'k8s-tunnels',
  ],
  [
    'kubeconfig-elsewhere',
    { agent: running(), kubeconfig: withEntries(entryOf('staging', { isListed: false })) },
    /1 context .*staging/,
    'export KUBECONFIG=/home/ada/.kube/config',
  ],
  [
    'lock-abandoned',
    {
      agent: running(),
      kubeconfig: kubeconfig({
        locks: [
          { lock: '/k.lock', ageMs: 7_200_000, who: 'another program', owner: 'other', isAbandoned: true },
        ],
      }),
    },
    'another program for 2h',
    'rm /k.lock',
  ],
  [
    'lock-left',
    {
      agent: running(),
      kubeconfig: kubeconfig({
        locks: [
          {
            lock: '/k.lock',
            ageMs: 120_000,
            who: 'k8s-tunnels (process 9)',
            owner: 'ended',
            isAbandoned: true,
          },
        ],
      }),
    },
    /process 9\), which has ended, and is 2m old/,
    'rm /k.lock',
  ],
  [
    'entry-changed',
    {
      agent: running(),
      kubeconfig: withEntries(entryOf('staging', { status: 'changed', lacks: ['proxy-url'] })),
    },
    'took its proxy-url out of',
    'k8s-tunnels connect --add staging',
  ],
  [
    'entry-deleted',
    { agent: running(), kubeconfig: withEntries(entryOf('staging', { status: 'missing' })) },
    'was deleted',
    'k8s-tunnels remove staging',
  ],
  [
    'entry-plugin-missing',
    {
      agent: running(),
      kubeconfig: withEntries(entryOf('staging', { missingProgram: '/gone/k8s-tunnels' })),
    },
    '/gone/k8s-tunnels',
    'k8s-tunnels connect --add staging',
  ],
  [
    'clock-skew',
    { agent: running({}, { clock: { aheadMs: -20 * 60_000, host: 'sts.amazonaws.com' } }) },
    '20 minutes behind sts.amazonaws.com',
    'timedatectl',
  ],
  [
    'dns-failed',
    {
      agent: running(),
      hosts: {
        hosts: [{ host: 'acme.cloudflareaccess.com', status: 'unresolved', code: 'ENOTFOUND' }],
        skew: undefined,
        authorities: [],
      },
    },
    'ENOTFOUND',
    'DNS',
  ],
  [
    'host-unreachable',
    {
      agent: running(),
      hosts: {
        hosts: [
          {
            host: 'a.example',
            status: 'unreachable',
            error: { ...plain, message: 'a.example is not trusted.', hint: 'Name its CA.' },
          },
        ],
        skew: undefined,
        authorities: [],
      },
    },
    'not trusted',
    'Name its CA.',
  ],
  [
    'authorities-unusable',
    {
      agent: running(),
      hosts: {
        hosts: [],
        skew: undefined,
        authorities: [{ ...plain, message: 'SSL_CERT_FILE names nothing.' }],
      },
    },
    'SSL_CERT_FILE',
    /./,
  ],
  [
    'port-taken',
    {
      agent: running(),
      kubeconfig: withEntries(socks),
      ports: port({ kind: 'own', process: { pid: 99, name: 'nc' } }),
    },
    /^nc \(process 99\) listens/,
    'k8s-tunnels connect --add staging',
  ],
  [
    'port-closed',
    { agent: running(), kubeconfig: withEntries(socks), ports: port({ kind: 'none' }) },
    'does not listen',
    'k8s-tunnels connect --add staging',
  ],
  [
    'session-ended',
    { agent: running(), accounts: [{ ...account, status: 'ended', endsAt: now - 7_200_000 }] },
    '2 h ago',
    'k8s-tunnels login aws acme',
  ],
  [
    'session-missing',
    { agent: running(), accounts: [{ ...account, status: 'signed-out', needed: true }] },
    'not signed in',
    'k8s-tunnels login aws acme',
  ],
  [
    'sessions-unread',
    { agent: running(), accounts: { error: { ...plain, message: 'It broke.' } } },
    'It broke.',
    'k8s-tunnels accounts',
  ],
  ['sessions-unsealed', { agent: running({}, { signIns: 'no-keychain' }) }, 'no keychain', 'Unlock'],
];

const match = (text: string | RegExp) =>
  typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text);

test.each(cases)('%s', (code, given, reason, fix) => {
  const { agent, env = {} } = given;
  // The agent has the variables of this shell, unless it is about that.
  const isSame = agent?.status === 'running' && Object.keys(env).length > 0;
  const more = isSame ? { ...given, agent: running({}, { variables: variablesOf(env) }) } : given;
  const found = diagnose(facts(more), now);
  expect(found.map((one) => one.code)).toEqual([code]);
  expect(found[0]).toMatchObject({ reason: match(reason), fix: match(fix), severity: findingKinds[code][1] });
});

test('every code is found in some facts', () => {
  expect(new Set(cases.map(([code]) => code))).toEqual(new Set(Object.keys(findingKinds)));
});

test.each<[string, Partial<Facts>]>([
  [
    'a form that serves the client',
    { kubeconfig: withEntries(tls), projects: project('pypi', 'kubernetes', '35.0.0') },
  ],
  ['a new kubectl', { kubeconfig: withEntries(socks), programs: program('kubectl', '1.34.1') }],
  [
    'the setting, where no context exists yet',
    {
      agent: running({ settings: { ...defaultSettings, entryForm: 'connect' } }),
      programs: program('kubectl', '1.23.4'),
    },
  ],
  ['NO_PROXY of another host', { env: { NO_PROXY: 'example.org' }, kubeconfig: withEntries(socks) }],
  ['NO_PROXY and a local TLS proxy', { env: { NO_PROXY: '.k8s.example.com' }, kubeconfig: withEntries(tls) }],
  [
    'NO_PROXY with 127.0.0.1',
    { env: { HTTPS_PROXY: 'http://p:1', NO_PROXY: '127.0.0.0/8' }, kubeconfig: withEntries(tls) },
  ],
  [
    'a proxy, and no context that names 127.0.0.1',
    { env: { HTTPS_PROXY: 'http://p:1' }, kubeconfig: withEntries(socks) },
  ],
  [
    'a port of the agent',
    { kubeconfig: withEntries(socks), ports: port({ kind: 'own', process: { pid: 4_711, name: 'node' } }) },
  ],
  ['a session that is not needed', { accounts: [{ ...account, status: 'signed-out' }, account] }],
  [
    'a file that others read, without a password of ours',
    {
      kubeconfig: kubeconfig({
        files: [{ file: '/k', isDangling: false, mode: 0o644, holdsEntries: false }],
      }),
    },
  ],
  ['a plugin of the same version', { plugins: [{ command: ['/a'], version: '1.2.0', contexts: ['a'] }] }],
])('nothing is wrong with %s', (_, more) => {
  const agent = running({}, { variables: variablesOf(more.env) });
  expect(diagnose(facts({ agent, ...more }), now)).toEqual([]);
});

function variablesOf(env: Facts['env'] = {}): Record<string, string> {
  return { ...networkVariables(env) };
}

test('without an agent, a program on a port of ours is named, and one that listens nowhere is not', () => {
  const codes = (listener: Parameters<typeof port>[0]) =>
    diagnose(facts({ kubeconfig: withEntries(socks), ports: port(listener) }), now).map(({ code }) => code);
  expect(codes({ kind: 'other', account: 'bob (uid 1001)' })).toEqual(['agent-not-running', 'port-taken']);
  expect(codes({ kind: 'own', process: undefined })).toEqual(['agent-not-running', 'port-taken']);
  expect(codes({ kind: 'none' })).toEqual(['agent-not-running']);
});

test('only what is safe is fixable, and entries only by an agent', () => {
  const fixable = (agent: Facts['agent']) =>
    cases
      .flatMap(([, more]) =>
        diagnose(facts({ ...more, agent: more.agent === undefined ? undefined : agent }), now),
      )
      .filter(({ isFixable }) => isFixable)
      .map(({ code }) => code);
  expect(fixable(running())).toEqual(['own-file-open', 'lock-left', 'entry-changed', 'entry-plugin-missing']);
  expect(fixable({ status: 'none' })).toEqual(['own-file-open', 'lock-left']);
});

test('clients on the computer that a variable hits are named', () => {
  const [found] = diagnose(
    facts({
      agent: running({}, { variables: { NO_PROXY: '.k8s.example.com' } }),
      env: { NO_PROXY: '.k8s.example.com' },
      kubeconfig: withEntries(socks),
      projects: project('maven', 'io.fabric8:kubernetes-httpclient-vertx', '7.4.0'),
    }),
    now,
  );
  expect(found).toMatchObject({
    code: 'no-proxy-bypass',
    reason: expect.stringContaining('On this computer io.fabric8:kubernetes-httpclient-vertx 7.4.0 connect'),
  });
});

test('secrets in the texts of others are not shown', () => {
  const message = 'HTTPS_PROXY=http://me:hunter2secret@proxy:3128 failed';
  const [found] = diagnose(
    facts({ agent: { status: 'failed', error: { ...plain, message, hint: message } } }),
    now,
  );
  expect(JSON.stringify(found)).not.toContain('hunter2secret');
});

test('the document is that of its schema, and has nothing else', () => {
  const all = facts({
    agent: running(),
    projects: project('npm', '@kubernetes/client-node'),
    kubeconfig: withEntries(entryOf('staging', { status: 'changed' })),
  });
  const findings = diagnose(all, now);
  const document = doctorDocument(all, { clients: clientReports(all), findings, fixed: [] });
  expect(doctorSchema.strict().parse(document)).toEqual(document);
  expect(document).toMatchObject({
    agent: { version: '1.2.0', pid: 4_711, signIns: 'headless' },
    clients: [{ name: '@kubernetes/client-node', version: null, form: 'connect' }],
  });
  expect(document.findings.map(({ code }) => code)).toEqual(['client-unserved', 'entry-changed']);
  expect(Object.keys(document.findings[1] ?? {})).not.toContain('remedy');
});

test('a kubeconfig for one program names 127.0.0.1 too', () => {
  const env = { ALL_PROXY: 'http://proxy:3128' };
  const agent = running({}, { variables: env });
  const forPrograms = ['/state/kubeconfigs/python.yaml'];
  const codes = (more: Facts['env']) =>
    diagnose(facts({ agent, env: { ...env, ...more }, kubeconfig: kubeconfig({ forPrograms }) }), now)
      .map(({ code }) => code)
      .filter((code) => code !== 'network-differs');
  expect(codes({})).toEqual(['proxy-takes-loopback']);
  expect(codes({ no_proxy: 'localhost,127.0.0.1' })).toEqual([]);
});

test('an agent of another version that leaves something out costs one check, not the others', () => {
  const agent = { ...running(), snapshot: {} } as never;
  const locks = [
    { lock: '/k.lock', ageMs: 120_000, who: 'k8s-tunnels', owner: 'ended', isAbandoned: true } as const,
  ];
  const codes = diagnose(facts({ agent, kubeconfig: kubeconfig({ locks }) }), now).map(({ code }) => code);
  expect(codes).toContain('check-failed');
  expect(codes).toContain('lock-left');
});

test('the text names each area that has something, the clients with their forms, and what was fixed', () => {
  const all = facts({
    programs: program('kubectl', '1.34.1'),
    kubeconfig: withEntries(entryOf('staging', { status: 'changed', lacks: ['user'] })),
  });
  const findings = diagnose(all, now);
  const fixed = [{ code: 'lock-left' as const, subject: '/k.lock', done: 'The lock was removed.' }];
  const lines = reportLines({ clients: clientReports(all), findings, fixed }).map(stripVTControlCharacters);
  expect(lines).toEqual([
    'Agent',
    '  · agent: No agent is running: sessions, and whether its ports listen, were not checked. [agent-not-running]',
    '    k8s-tunnels status starts one.',
    '',
    'Clients',
    '  ●  kubectl 1.34.1  socks5  works with every form  /usr/bin/kubectl',
    '',
    'Kubeconfig',
    '  ✗ staging: Another program took its user out of /home/ada/.kube/config: kubectl cannot use it. [entry-changed]',
    '    k8s-tunnels connect --add staging',
    '',
    'Fixed',
    '  ✓ /k.lock: The lock was removed.',
  ]);
  expect(summary({ findings, fixed })).toBe(
    '1 error, 0 warnings. 1 fixed. Each code has a section in docs/troubleshooting.md.',
  );
  expect(summary({ findings: diagnose(facts(), now), fixed: [] })).toBe('No problems found.');
});
