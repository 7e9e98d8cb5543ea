import { z } from 'zod';
import { wrongShell } from './shell.ts';

/** An action of GitHub as a block may use it: a released commit, and of its action.yml the inputs. */
interface KnownAction {
  readonly commit: string;
  readonly version: string;
  readonly inputs: readonly string[];
  readonly required: readonly string[];
}

/** Read from the action.yml of that commit. */
const known: Readonly<Record<string, KnownAction>> = {
  'actions/checkout': {
    commit: '3d3c42e5aac5ba805825da76410c181273ba90b1',
    version: 'v7.0.1',
    inputs: ['repository', 'ref', 'token', 'path', 'persist-credentials'],
    required: [],
  },
  'aws-actions/configure-aws-credentials': {
    commit: 'e6de054238d6b7531b4efff3b6587d9aade6a06c',
    version: 'v6.2.3',
    inputs: ['aws-region', 'role-to-assume', 'role-session-name', 'role-duration-seconds', 'audience'],
    required: ['aws-region'],
  },
  'google-github-actions/auth': {
    commit: '7c6bc770dae815cd3e89ee6cdf493a5fab2cc093',
    version: 'v3.0.0',
    inputs: ['project_id', 'workload_identity_provider', 'service_account', 'audience', 'universe'],
    required: [],
  },
  'azure/login': {
    commit: 'f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca',
    version: 'v3.0.1',
    inputs: [
      'client-id',
      'tenant-id',
      'subscription-id',
      'environment',
      'allow-no-subscriptions',
      'audience',
    ],
    required: [],
  },
};

/** The composite action of docs/admin.md, as a workflow of the same repository names it. */
export const ownAction = './.github/actions/k8s-tunnels';

const runStep = z.strictObject({
  name: z.string().optional(),
  run: z.string(),
  shell: z.literal('bash').optional(),
  env: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
const usesStep = z.strictObject({
  name: z.string().optional(),
  uses: z.string(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
const step = z.union([runStep, usesStep]);
export type Step = z.infer<typeof step>;

/** Of GitHub Actions what we use; its `run` lines are shell. */
export const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.strictObject({ schedule: z.array(z.strictObject({ cron: z.string().regex(/^(\S+ ){4}\S+$/) })) }),
  permissions: z.record(z.enum(['contents', 'id-token']), z.enum(['read', 'write'])).optional(),
  jobs: z.record(z.string(), z.strictObject({ 'runs-on': z.string(), steps: z.array(step) })),
});

/** A composite action: its steps name their shell. */
export const actionSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  runs: z.strictObject({
    using: z.literal('composite'),
    steps: z.array(z.union([runStep.required({ shell: true }), usesStep])),
  }),
});

/** What is wrong with the steps of a job or an action. `text` is the block, for the comments that YAML does not keep. */
export async function wrongSteps(steps: readonly Step[], text: string): Promise<readonly string[]> {
  const results = steps.map((one) => ('run' in one ? wrongRun(one.run, one.env ?? {}) : wrongUse(one, text)));
  return (await Promise.all(results)).flat();
}

async function wrongRun(run: string, env: object): Promise<readonly string[]> {
  // A value that is put into the text of a script is code: it belongs into a variable.
  const inline = run.includes('${{') ? [`an expression in the script: ${run}`] : [];
  const others = Object.values(env).flatMap((value) =>
    [...String(value).matchAll(/\$\{\{(.*?)\}\}/g)].filter(
      ([, inside = '']) => !/^ (?:github\.token|(?:secrets|vars)\.[A-Z\d_]+) $/.test(inside),
    ),
  );
  return [...inline, ...others.map(([whole]) => `unknown expression ${whole}`), ...(await wrongShell(run))];
}

function wrongUse({ uses, with: given = {} }: z.infer<typeof usesStep>, text: string): readonly string[] {
  if (uses === ownAction) return Object.keys(given).map((input) => `${uses} has no input ${input}`);
  const [name = '', commit] = uses.split('@');
  const action = known[name];
  if (action === undefined) return [`unknown action ${name}`];
  const { inputs, required, version } = action;
  return [
    ...(commit === action.commit ? [] : [`${name} is pinned to ${commit}, not to ${action.commit}`]),
    ...(text.includes(`${uses} # ${version}\n`) ? [] : [`${name} does not say its version, ${version}`]),
    ...Object.keys(given)
      .filter((input) => !inputs.includes(input))
      .map((input) => `${name} has no input ${input}`),
    ...required.filter((input) => given[input] === undefined).map((input) => `${name} needs ${input}`),
  ];
}
