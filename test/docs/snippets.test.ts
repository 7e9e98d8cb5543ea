import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { z } from 'zod';
import { parseOrganisation } from '../../main/agent/organisation/parse.ts';
import { actionSchema, ownAction, workflowSchema, wrongSteps } from './actions.ts';
import { type Block, blocksOf, root } from './blocks.ts';
import { wrongIngress } from './ingress.ts';
import { callsOf, wrongArguments, wrongShell } from './shell.ts';
import { wrongTerraform } from './terraform.ts';

const documents = [
  ...(await readdir(path.join(root, 'docs')))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...(await readdir(root)).filter((name) => name.endsWith('.md')),
  'resources/README.md',
];

function organisation(text: string): readonly string[] {
  try {
    parseOrganisation(text, 'the block');
    return [];
  } catch (error) {
    return [String(error)];
  }
}

function fits(schema: z.ZodType, text: string): readonly string[] {
  const result = schema.safeParse(parse(text));
  return result.success ? [] : [result.error.message];
}

const ownership = { owner: z.string(), group: z.string(), mode: z.string().regex(/^0[0-7]{3}$/) };
/** Of Ansible the modules that we use. */
const tasks = z.array(
  z.strictObject({
    name: z.string(),
    'ansible.builtin.file': z
      .strictObject({ path: z.string(), state: z.literal('directory'), ...ownership })
      .optional(),
    'ansible.builtin.copy': z.strictObject({ src: z.string(), dest: z.string(), ...ownership }).optional(),
  }),
);

/** Of dev containers what we use. */
const devContainer = z.strictObject({
  image: z.string(),
  mounts: z.array(z.string().regex(/^source=\S+,target=\/\S+,type=bind$/)),
  containerEnv: z.record(z.string(), z.string()),
  postStartCommand: z.string(),
});

/** Of an AI client's configuration what we use. */
const mcpServers = z.strictObject({
  mcpServers: z.record(
    z.string(),
    z.strictObject({ command: z.literal('k8s-tunnels'), args: z.array(z.string()) }),
  ),
});

/** What is wrong with a unit of systemd: a line that is none, a section that is not there, a call of ours. */
function wrongUnit(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const sections = lines.filter((line) => line.startsWith('['));
  const bad = lines.filter((line) => !/^(?:\[(?:Unit|Service|Install)\]|[A-Z][A-Za-z]+=.+)$/.test(line));
  const calls = lines.flatMap((line) => callsOf('k8s-tunnels', line.replace(/^ExecStart=\/usr\/bin\//, '')));
  if (calls.length === 0) bad.push('it starts nothing of ours');
  if (sections.length !== 3) bad.push('it has not the three sections');
  return [...bad, ...calls.flatMap((args) => wrongArguments(args) ?? [])];
}

/** A role or policy of docs/permissions.md is one of the files, which `test/e2e/permissions.test.ts` tries. */
async function quotedPermissions(text: string): Promise<readonly string[]> {
  const folder = path.join(root, 'resources/examples/permissions');
  const files = (await readdir(folder)).map((file) => readFile(path.join(folder, file), 'utf8'));
  return (await Promise.all(files)).includes(text) ? [] : ['is not a file of resources/examples/permissions'];
}

type Check = (text: string) => readonly string[] | Promise<readonly string[]>;
/** By language and, of YAML, by the first word of the kind. What stands in no line here fails. */
const checks: Readonly<Record<string, Check>> = {
  sh: wrongShell,
  'ini unit': wrongUnit,
  async 'json devcontainer'(text) {
    const found = devContainer.safeParse(JSON.parse(text));
    return found.success ? wrongShell(found.data.postStartCommand) : [found.error.message];
  },
  async 'json mcp'(text) {
    const found = mcpServers.safeParse(JSON.parse(text));
    if (!found.success) return [found.error.message];
    const calls = Object.values(found.data.mcpServers).map(({ command, args }) =>
      [command, ...args].join(' '),
    );
    return (await Promise.all(calls.map(wrongShell))).flat();
  },
  hcl: wrongTerraform,
  'yaml organisation': organisation,
  'yaml organisation-part': (text) => organisation(`version: 1\nname: Acme\n${text}`),
  'yaml ingress': wrongIngress,
  'yaml ansible': (text) => fits(tasks, text),
  'yaml workflow': async (text) => {
    const shape = fits(workflowSchema, text);
    if (shape.length > 0) return shape;
    const { jobs, permissions } = workflowSchema.parse(parse(text));
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    // Without it no cloud takes the job for what it is.
    const isSigningIn = steps.some((one) => 'uses' in one && one.uses === ownAction);
    const missing =
      isSigningIn && permissions?.['id-token'] !== 'write' ? ['id-token: write is missing'] : [];
    return [...missing, ...(await wrongSteps(steps, text))];
  },
  'json permissions': quotedPermissions,
  'yaml permissions': quotedPermissions,
  'hcl permissions': quotedPermissions,
  'yaml action': async (text) => {
    const shape = fits(actionSchema, text);
    return shape.length > 0 ? shape : wrongSteps(actionSchema.parse(parse(text)).runs.steps, text);
  },
};

async function wrong({ language, kind, text }: Block): Promise<readonly string[]> {
  const name = [language, kind.split(' ')[0] ?? ''].join(' ').trim();
  const check = checks[name];
  if (check === undefined) return [`no check knows blocks of "${name}"`];
  if (language === 'yaml' && parseDocument(text).errors.length > 0) return ['is no YAML'];
  try {
    return await check(text);
  } catch (error) {
    return [String(error)];
  }
}

describe.each(documents)('%s', (file) => {
  it('has no block that is wrong', async () => {
    const results = (await blocksOf(file)).map(async (block) =>
      (await wrong(block)).map((what) => `${block.at}: ${what}`),
    );
    expect((await Promise.all(results)).flat()).toEqual([]);
  });

  it('calls the command line as it is, in its prose too', async () => {
    const text = await readFile(path.join(root, file), 'utf8');
    const calls = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`(k8s-tunnels [^`]+)`/g)];
    const bad = calls.flatMap(([, call = '']) =>
      callsOf('k8s-tunnels', call.replaceAll('\n', ' ')).flatMap((args) => {
        const reason = wrongArguments(args.filter((word) => !/^\[.*\]$|^…$/.test(word)));
        return reason === undefined ? [] : [`${call}: ${reason}`];
      }),
    );
    expect(bad).toEqual([]);
  });
});

const login = 'azure/login@f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca';
const actionWith = (steps: string) =>
  `name: a\ndescription: a\nruns:\n  using: composite\n  steps: ${steps}\n`;

it('a right block of an action has nothing wrong', async () => {
  const text = actionWith(`\n  - uses: ${login} # v3.0.1\n    with: {client-id: a}`);
  expect(await wrong({ at: '', language: 'yaml', kind: 'action', text })).toEqual([]);
});

it.each([
  ['sh', 'k8s-tunnels conect a'],
  ['sh', 'cat x | k8s-tunnels list --everything'],
  ['sh', 'k8s-tunnels switch'],
  ['sh', 'npm run nothing'],
  ['sh', 'if true; then'],
  ['hcl', 'resource "aws_eks_cluster" "a" {\n  labels = {}\n}'],
  ['hcl', 'resource "aws_eks_cluster" "a" {'],
  ['yaml organisation', 'version: 1\nname: Acme\ntagprefix: a-\n'],
  ['yaml organisation-part', 'releases:\n  url: https://a.example\n'],
  [
    'yaml ingress',
    'ingress:\n  - {hostname: a.example, service: socks-proxy}\n  - service: http_status:404\n',
  ],
  ['yaml ingress', 'ingress:\n  - {hostname: a.example, service: "tcp://a:1"}\n'],
  [
    'yaml ansible',
    '- name: a\n  ansible.builtin.copy: {src: a, dest: b, owner: root, group: root, mode: 644}\n',
  ],
  [
    'yaml workflow',
    'name: a\non: {schedule: []}\njobs: {a: {runs-on: a, steps: [{run: k8s-tunnels lint}]}}\n',
  ],
  [
    'yaml workflow',
    'name: a\non: {schedule: []}\njobs: {a: {runs-on: a, steps: [{uses: ./.github/actions/k8s-tunnels}]}}\n',
  ],
  ...[
    '{run: k8s-tunnels list}',
    '{shell: bash, run: "k8s-tunnels list ${{ github.actor }}"}',
    '{shell: bash, run: "true", env: {A: "${{ github.event.issue.title }}"}}',
    '{uses: azure/login@v3}',
    '{uses: someone/else@f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca}',
    '{uses: azure/login@f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca}',
  ].map((step): [string, string] => ['yaml action', actionWith(`[${step}]`)]),
  ['yaml action', actionWith(`\n  - uses: ${login} # v3.0.0\n`)],
  ['yaml action', actionWith(`\n  - {with: {client: a}, uses: ${login} # v3.0.1\n  }`)],
  ['ini unit', '[Unit]\n[Service]\nExecStart=/usr/bin/k8s-tunnels agnt\n[Install]\n'],
  ['json permissions', '{"Version": "2012-10-17", "Statement": []}'],
  ['json devcontainer', '{"image": "a", "mount": []}'],
  ['json mcp', '{"mcpServers": {"a": {"command": "k8s-tunnels", "args": ["mpc"]}}}'],
  ['yaml', 'a: b\n'],
  ['python', 'print()'],
])('a wrong block of %s is found: %s', async (info, text) => {
  const [language = '', kind = ''] = info.split(' ');
  expect(await wrong({ at: '', language, kind, text })).not.toEqual([]);
});
