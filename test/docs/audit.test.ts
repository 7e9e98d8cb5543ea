import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { withIsoTimes } from '../../main/cli/json-document.ts';
import { auditEntrySchema } from '../../main/model/audit-entry.ts';
import { root } from './blocks.ts';

// The queries of resources/examples/audit. Those in jq are run on sample logs; of the others the fields are looked up in
// a sample, because no registry has the systems that run them.

const queries = path.join(root, 'resources/examples/audit');
const samples = path.join(import.meta.dirname, 'audit');
const query = (name: string) => readFile(path.join(queries, name), 'utf8');
const sample = (name: string) => readFile(path.join(samples, `${name}.jsonl`), 'utf8');
const { exitCode } = await execa('jq', ['--version'], { reject: false });
const whyNoJq = exitCode === 0 ? undefined : 'jq is not installed';

const variables: Readonly<Record<string, string>> = {
  host: 'payments-staging.k8s.acme.example',
  user: 'ada@acme.example',
  mount: 'clusters',
  cluster: 'payments-staging-eu',
};

/** The rows that a query prints, with the variables that the command in its comment passes. */
async function rows(name: string, input: string, more: Readonly<Record<string, string>> = {}) {
  const text = await query(`${name}.jq`);
  const named = [...text.matchAll(/--arg (\w+) /g)].map(([, key = '']) => key);
  expect(named.filter((key) => variables[key] === undefined)).toEqual([]);
  const args = [...new Set(named)].flatMap((key) => ['--arg', key, more[key] ?? variables[key] ?? '']);
  const { stdout } = await execa('jq', ['-r', ...args, '-f', path.join(queries, `${name}.jq`)], { input });
  return stdout.split('\n').map((line) => line.split('\t'));
}

const role = 'arn:aws:sts::111122223333:assumed-role/Developer/ada@acme.example';

it.for<[string, readonly (readonly string[])[]]>([
  [
    'access',
    [
      ['2026-11-29T09:12:04Z', 'ada@acme.example', 'login', 'allowed', '198.51.100.7', '187d944c61940c77'],
      ['2026-11-29T09:15:41Z', 'mallory@acme.example', 'login', 'denied', '203.0.113.9', '187d9a11e0ac0c80'],
    ],
  ],
  [
    'access-logpush',
    [['2026-11-29T09:12:04Z', 'ada@acme.example', 'login', 'allowed', '198.51.100.7', '187d944c61940c77']],
  ],
  [
    'kubernetes',
    [
      [
        ...['2026-11-29T09:14:00.000000Z', role, 'delete', 'pods', 'payments/web-0', '200', '10.0.3.17'],
        'kubectl/v1.37.1 (linux/amd64) kubernetes/0000000',
      ],
      [
        ...['2026-11-29T09:14:09.000000Z', role, 'get', 'secrets', 'payments/db', '403', '10.0.3.17'],
        'kubectl/v1.37.1',
      ],
      [
        ...['2026-11-29T09:15:00.000000Z', role, 'get', 'pods/exec', 'payments/web-1', '101', '10.0.3.17'],
        'kubectl/v1.37.1',
      ],
    ],
  ],
  [
    'cloudtrail',
    [
      [
        '2026-11-29T09:00:00Z',
        'arn:aws:sts::111122223333:assumed-role/Tagger/mallory',
        'TagResource',
        'arn:aws:eks:eu-west-1:111122223333:cluster/payments-staging',
        '{"k8s-tunnels-hostname":"evil.example"}',
        ...['203.0.113.9', 'ok'],
      ],
      [
        ...['2026-11-29T09:10:00Z', 'ada@acme.example', 'GetRoleCredentials', 'Developer', '{}'],
        ...['198.51.100.7', 'ok'],
      ],
      [
        ...['2026-11-29T09:12:00Z', 'arn:aws:iam::111122223333:user/ada', 'AssumeRole'],
        ...['arn:aws:iam::111122223333:role/Admin', '{}', '198.51.100.7', 'AccessDenied'],
      ],
    ],
  ],
  [
    'vault',
    [
      [
        ...['2026-11-29T09:13:00.000000002Z', 'oidc-ada@acme.example', 'hmac-sha256:1', 'read'],
        ...['clusters/data/berlin/depot-berlin', '10.0.3.17', 'ok'],
      ],
      [
        ...['2026-11-29T09:13:01.000000002Z', 'oidc-ada@acme.example', 'hmac-sha256:1', 'read'],
        ...['clusters/data/berlin/secret', '10.0.3.17', '1 error occurred:\\n\\t* permission denied\\n\\n'],
      ],
    ],
  ],
])('%s.jq answers from its sample', async ([name, expected], context) => {
  context.skip(whyNoJq !== undefined, whyNoJq);
  expect(await rows(name, await sample(name))).toEqual(expected);
});

it('kubernetes.jq shows everybody where no user is named', async (context) => {
  context.skip(whyNoJq !== undefined, whyNoJq);
  const all = await rows('kubernetes', await sample('kubernetes'), { user: '' });
  expect(all.map(([, user]) => user)).toContain('system:kube-controller-manager');
});

it('k8s-tunnels.jq reads what `k8s-tunnels audit --json` prints', async (context) => {
  context.skip(whyNoJq !== undefined, whyNoJq);
  const common = { event: 'answered', at: 1_795_943_640_000, title: 'payments-staging-eu', bytes: 2, ms: 3 };
  const cluster = 'eks/111122223333/eu-west-1/payments-staging';
  const entries = [
    { ...common, cluster, verb: 'list', resource: 'pods', status: 200 },
    {
      ...common,
      cluster,
      verb: 'delete',
      resource: 'pods',
      namespace: 'shop',
      name: 'web-0',
      status: 200,
      client: 'kubectl/v1.37.1',
    },
    {
      ...common,
      cluster,
      verb: 'get',
      resource: 'secrets',
      namespace: 'shop',
      status: 403,
      readOnly: true,
      refused: true,
    },
    { ...common, cluster, title: 'search-staging', verb: 'delete', resource: 'pods', status: 200 },
    { event: 'lost', at: 1_795_943_640_000, count: 3 },
  ].map((entry) => auditEntrySchema.parse(entry));
  const printed = JSON.stringify(withIsoTimes({ entries }));
  expect(await rows('k8s-tunnels', printed)).toEqual([
    ['2026-11-29T09:14:00.000Z', 'kubectl/v1.37.1', 'delete', 'pods', 'shop/web-0', '200', ''],
    ['2026-11-29T09:14:00.000Z', '', 'get', 'secrets', 'shop', '403', 'refused here'],
  ]);
});

/** Whether a value has a path: `objectRef.resource`, `sourceIPs.0`. */
function has(value: unknown, at: string): boolean {
  let here: unknown = value;
  for (const part of at.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return false;
    here = (here as Readonly<Record<string, unknown>>)[part];
  }
  return true;
}
const objects = async (name: string): Promise<readonly unknown[]> =>
  (await sample(name))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const withoutTexts = (text: string) => text.replaceAll(/"[^"]*"|\/[^/\n]*\//g, '');

describe('of the queries that are not run here', () => {
  it('eks.insights names fields of an audit event', async () => {
    const events = await objects('kubernetes');
    const text = withoutTexts((await query('eks.insights')).replace(/^#.*$/gm, ''));
    const fields = [
      ...new Set(
        [...text.matchAll(/\b[a-zA-Z]+(?:\.\w+)+\b|\b(?:verb|stage|userAgent)\b/g)].map(([one]) => one),
      ),
    ];
    expect(fields).toContain('user.extra.sessionName.0');
    expect(fields.length).toBeGreaterThan(9);
    for (const field of fields)
      expect(
        events.some((event) => has(event, field)),
        field,
      ).toBe(true);
  });

  it('gke.logging names fields of a log entry', async () => {
    const [entry] = await objects('gke');
    const text = withoutTexts((await query('gke.logging')).replace(/^--.*$/gm, ''));
    const fields = [...text.matchAll(/\b(?:protoPayload|resource)\.[\w.]+/g)].map(([one]) => one);
    expect(fields.length).toBeGreaterThan(3);
    for (const field of fields) expect(has(entry, field), field).toBe(true);
  });

  it.each([
    ['aks', 'AKSAudit'],
    ['azure-activity', 'AzureActivity'],
  ])('%s.kql names columns of %s', async (name, table) => {
    const [row] = await objects(name);
    const lines = (await query(`${name}.kql`))
      .replace(/^\/\/.*$/gm, '')
      .trim()
      .split('\n');
    expect(lines[0]).toBe(table);
    const [project = ''] = lines.filter((line) => line.startsWith('| project'));
    const made = [...project.matchAll(/(\w+) = /g)].map(([, one = '']) => one);
    const words = withoutTexts(lines.slice(1).join('\n')).matchAll(/\b_?[A-Z]\w*(?:\.\w+)*/g);
    const fields = [...words].map(([one]) => one).filter((one) => !made.includes(one));
    expect(fields.length).toBeGreaterThan(5);
    for (const field of fields) expect(has(row, field), field).toBe(true);
  });
});

it('docs/runbook.md names every query, and no other', async () => {
  const text = await readFile(path.join(root, 'docs/runbook.md'), 'utf8');
  const named = [...text.matchAll(/\.\.\/resources\/examples\/audit\/([\w.-]+)\)/g)].map(([, name]) => name);
  expect(new Set(named)).toEqual(new Set(await readdir(queries)));
});
