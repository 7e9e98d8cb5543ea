import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { actionSchema, ownAction, type Step, workflowSchema } from '../docs/actions.ts';
import { blocksOf, root } from '../docs/blocks.ts';
import type { Ran } from '../world/demo/command-line.ts';
import { startLoopbackServer } from '../world/loopback-server.ts';
import type { World } from '../world/world.ts';

/** A runner of GitHub Actions with an empty home, no terminal and no browser, on which only a job's own steps install anything. */
export interface Runner {
  /** What the steps left behind for those after them. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Runs the steps of a job of docs/admin.md until one fails, with other words in place of some. Resolves with the output
   * of each. Without `signsIn` the actions of the clouds are left out.
   */
  run(
    job: string,
    values?: Readonly<Record<string, string>>,
    options?: { readonly signsIn: boolean },
  ): Promise<readonly (Ran & { step: string })[]>;
  /** Runs a script as a step does. */
  script(text: string): Promise<Ran>;
  close(): Promise<void>;
}

/** The scripts' own values stay; of an expression the runner knows the secrets. */
interface Facts {
  readonly world: World;
  readonly secrets: Readonly<Record<string, string>>;
  /** ci.yaml; the document's own where left out. */
  readonly organisation?: string;
}

export async function startRunner({ world, secrets, organisation }: Facts): Promise<Runner> {
  const folder = path.join(path.dirname(world.home), 'runner');
  const [home, workspace, bin] = ['home', 'work', 'bin'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [home, workspace, bin]) await mkdir(one, { recursive: true });
  const blocks = await blocksOf('docs/admin.md');
  const textOf = (kind: string) => blocks.find((block) => block.kind === kind)?.text ?? '';
  await writeFile(path.join(workspace, 'ci.yaml'), organisation ?? textOf('organisation ci'), {
    mode: 0o600,
  });
  await installPrograms({ bin, workspace });
  await symlink(path.join(world.bin, 'az'), path.join(bin, 'az'));
  // Where a browser is opened, the world counts it.
  await symlink(world.browser.command, path.join(bin, 'xdg-open'));

  const jobToken = 'the-token-of-the-job';
  const gitHub = await startLoopbackServer(async ({ target, headers }) => {
    const audience = new URL(target, 'http://github').searchParams.get('audience');
    const isAllowed = headers.authorization === `Bearer ${jobToken}` && audience !== null;
    return {
      kind: 'answer',
      statusCode: isAllowed ? 200 : 401,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(isAllowed ? { value: world.gcp.signIns.issueSubjectToken('ci') } : {}),
    };
  });
  const env: Record<string, string> = {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    HOME: home,
    LANG: 'C.UTF-8',
    PATH: [bin, '/usr/bin', '/bin'].join(path.delimiter),
    // What leads to the world in place of the internet.
    ...Object.fromEntries(
      Object.entries(world.env).filter(([name]) =>
        /^(?:AWS_ENDPOINT_URL|CLOUDSDK_API_ENDPOINT_OVERRIDES_.*|HTTPS_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|NODE_COMPILE_CACHE)$/.test(
          name,
        ),
      ),
    ),
    NO_PROXY: '127.0.0.1',
  };
  const uses: Readonly<Record<string, (given: Readonly<Record<string, string>>) => Promise<void>>> = {
    'actions/checkout': async () => {},
    async 'aws-actions/configure-aws-credentials'({
      'role-to-assume': role = '',
      'aws-region': region = '',
    }) {
      const [, account = ''] = /^arn:aws:iam::(\d{12}):role\/k8s-tunnels-ci$/.exec(role) ?? [];
      const keys = world.aws.issueSession(account);
      Object.assign(env, {
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
        AWS_SESSION_TOKEN: keys.sessionToken,
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
      });
    },
    // As its createCredentialsFile writes it.
    async 'google-github-actions/auth'({ workload_identity_provider: provider = '', service_account = '' }) {
      const file = path.join(workspace, 'gha-creds-0011223344556677.json');
      const credentials = {
        type: 'external_account',
        audience: `//iam.googleapis.com/${provider}`,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `${world.gcp.url}v1/token`,
        credential_source: {
          url: `${gitHub.url}/token?api-version=2.0&audience=${encodeURIComponent(`https://iam.googleapis.com/${provider}`)}`,
          headers: { Authorization: `Bearer ${jobToken}` },
          format: { type: 'json', subject_token_field_name: 'value' },
        },
        service_account_impersonation_url: `${world.gcp.url}v1/projects/-/serviceAccounts/${service_account}:generateAccessToken`,
      };
      await writeFile(file, JSON.stringify(credentials), { mode: 0o640 });
      for (const name of [
        'CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE',
        'GOOGLE_APPLICATION_CREDENTIALS',
        'GOOGLE_GHA_CREDS_PATH',
      ])
        env[name] = file;
    },
    // As `az login --service-principal` leaves it: only `az` itself reads its tokens.
    async 'azure/login'({ 'client-id': client = '', 'tenant-id': tenant = '' }) {
      const subscriptions = world.plan.azure.subscriptions
        .filter((one) => one.tenant === tenant)
        .map(({ id, name }, at) => ({
          id,
          name,
          state: 'Enabled',
          user: { name: client, type: 'servicePrincipal' },
          isDefault: at === 0,
          tenantId: tenant,
          environmentName: 'AzureCloud',
        }));
      const refresh = {
        secret: world.azure.tokens.issueRefresh(world.plan.people[0]?.email ?? ''),
        client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
        home_account_id: client,
      };
      await mkdir(path.join(home, '.azure'), { recursive: true });
      await writeFile(path.join(home, '.azure', 'azureProfile.json'), JSON.stringify({ subscriptions }));
      await writeFile(
        path.join(home, '.azure', 'msal_token_cache.bin'),
        JSON.stringify({ Account: {}, RefreshToken: { refresh } }),
      );
    },
  };

  const withSecrets = (text: unknown) =>
    String(text).replaceAll(/\$\{\{ (?:secrets|vars|github)\.(\w+) \}\}/g, (_, name: string) =>
      name === 'token' ? jobToken : (secrets[name] ?? ''),
    );
  const script = (text: string, own: Readonly<Record<string, string>>) =>
    new Promise<Ran>((resolve, reject) => {
      const child = execFile(
        '/bin/bash',
        ['--noprofile', '--norc', '-eo', 'pipefail', '-c', text],
        { env: { ...env, ...own }, cwd: workspace, timeout: 100_000 },
        (error, stdout, stderr) => {
          if (error !== null && typeof error.code !== 'number') reject(error);
          else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
        },
      );
      child.stdin?.end();
    });

  return {
    env,
    async run(job, values = {}, { signsIn } = { signsIn: true }) {
      const action = actionSchema.parse(parse(textOf('action')));
      const workflow = blocks
        .filter(({ kind }) => kind === 'workflow')
        .map(({ text }) => workflowSchema.parse(parse(text)))
        .find(({ jobs }) => Object.hasOwn(jobs, job));
      const steps: readonly Step[] = (workflow?.jobs[job]?.steps ?? []).flatMap((step): readonly Step[] =>
        'uses' in step && step.uses === ownAction ? action.runs.steps : [step],
      );
      const ran: (Ran & { step: string })[] = [];
      for (const step of steps) {
        if ('uses' in step) {
          const [name = ''] = step.uses.split('@');
          const given = Object.entries(step.with ?? {}).map(([key, value]) => [key, String(value)] as const);
          if (signsIn) await uses[name]?.(Object.fromEntries(given));
          continue;
        }
        const own = Object.entries(step.env ?? {}).map(
          ([name, value]) => [name, withSecrets(value)] as const,
        );
        const text = Object.entries(values).reduce(
          (all, [made, real]) => all.replaceAll(made, real),
          step.run,
        );
        const result = { step: text, ...(await script(text, Object.fromEntries(own))) };
        ran.push(result);
        if (result.code !== 0) break;
      }
      return ran;
    },
    script: (text) => script(text, {}),
    async close() {
      await script('command -v k8s-tunnels > /dev/null && k8s-tunnels quit || true', {});
      await gitHub.close();
    },
  };
}

/** `gh` and `apt-get` as far as the steps need them: what is downloaded is verified, and what is installed is the built product. */
async function installPrograms({ bin, workspace }: { readonly bin: string; readonly workspace: string }) {
  const programs = {
    gh: `case "$1 $2" in
  'release download')
    [ -n "$GH_TOKEN" ] || { echo 'set GH_TOKEN' >&2; exit 4; }
    [ "$3 $5 $6 $7" = "--repo --pattern *_amd64.deb --output" ] || exit 1
    [ "$4" = acme/k8s-tunnels ] || { echo "no release of $4" >&2; exit 1; }
    echo 'the package' > "$8" ;;
  'attestation verify') [ "$4 $5" = '--repo acme/k8s-tunnels' ] && grep -q 'the package' "$3" && touch "$3.verified" ;;
  *) exit 1 ;;
esac`,
    sudo: `[ "$1 $2 $3" = 'apt-get install -y' ] || exit 1
file=$4
case "$file" in ./*) ;; *) echo "E: Unable to locate package $file" >&2; exit 100 ;; esac
[ -e "$file.verified" ] || { echo "$file was not verified" >&2; exit 1; }
printf '#!/bin/sh\\nexec "${process.execPath}" "${path.join(root, 'out/cli/k8s-tunnels.cjs')}" "$@"\\n' > "${bin}/k8s-tunnels"
chmod 755 "${bin}/k8s-tunnels"`,
  };
  for (const [name, text] of Object.entries(programs)) {
    const file = path.join(bin, name);
    await writeFile(file, `#!/bin/sh\nset -e\n${text}\n`);
    await chmod(file, 0o755);
  }
  await appendFile(path.join(workspace, 'README'), 'The repository of the platform team.\n');
}
