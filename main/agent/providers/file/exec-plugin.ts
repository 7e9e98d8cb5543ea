import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import type { ExecPlugin } from '../../cluster-fields/kubeconfig-context.ts';
import type { Environment } from '../../parts.ts';
import { findProgram } from '../../processes/find-program.ts';
import { programLimitMs, runProgram } from '../../processes/run-program.ts';
import { distrustReason } from '../../storage/trusted-file.ts';
import type { Credential } from '../credential-provider.ts';

const answerSchema = z.object({
  kind: z.literal('ExecCredential'),
  status: z.object({
    expirationTimestamp: z.string().optional(),
    token: z.string().min(1).optional(),
    clientCertificateData: z.string().min(1).optional(),
    clientKeyData: z.string().min(1).optional(),
  }),
});

/**
 * Runs a credential plugin of the user, as kubectl would, in `cwd`. Rejects with `credential-failed` if it fails, takes
 * too long, is missing, can be changed by other accounts or gives no usable answer. Its output may be a secret and
 * stays out of the message.
 */
export async function runExecPlugin(options: {
  readonly plugin: ExecPlugin;
  readonly cwd: string;
  readonly env: Environment;
  readonly home: string;
  readonly title: string;
}): Promise<Credential> {
  const { plugin, cwd, env, home, title } = options;
  const apiVersion = plugin.apiVersion ?? 'client.authentication.k8s.io/v1';
  const fail = (why: string, hint?: string) =>
    new AppError('credential-failed', `The credential plugin ${plugin.command} of ${title} ${why}.`, {
      hint: hint ?? `Run \`${plugin.command}\` by hand, with the arguments of its entry, to see why.`,
    });
  const program = await findProgram({ command: plugin.command, cwd, env, home });
  if (program.kind === 'missing') throw fail('could not be started: there is no such program');
  if (program.kind === 'distrusted') {
    const { distrust } = program;
    throw fail(`is not run, ${distrustReason(distrust)}`, `${distrust.fix}, then try again.`);
  }
  const limitMs = programLimitMs(env);
  const end = await runProgram({
    command: program.file,
    args: plugin.args ?? [],
    cwd,
    env: {
      ...env,
      ...Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify({
        apiVersion,
        kind: 'ExecCredential',
        spec: { interactive: false },
      }),
    },
    limitMs,
  });
  if (end.kind === 'not-started' || end.kind === 'cancelled') throw fail('could not be started');
  if (end.kind === 'too-long') throw fail(`did not end within ${limitMs / 1_000} s`);
  if (end.kind === 'too-much') throw fail('wrote more than a megabyte');
  if (end.exitCode !== 0)
    throw fail(end.exitCode === undefined ? 'was killed' : `failed with exit code ${end.exitCode}`);
  const answer = answerSchema.safeParse(parse(end.stdout));
  if (!answer.success) throw fail('gave no ExecCredential');
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = answer.data.status;
  const expiry = Date.parse(expirationTimestamp ?? '');
  const expiresAt = Number.isNaN(expiry) ? undefined : expiry;
  if (token !== undefined) return { kind: 'token', token, expiresAt };
  if (clientCertificateData !== undefined && clientKeyData !== undefined) {
    return { kind: 'client-certificate', certificate: clientCertificateData, key: clientKeyData, expiresAt };
  }
  throw fail('gave neither a token nor a client certificate with its key');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
