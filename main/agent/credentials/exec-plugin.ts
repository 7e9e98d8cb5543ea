import { z } from 'zod';
import { AppError } from '../app-error.ts';
import type { ExecPlugin } from '../discovery/kubeconfig-context.ts';
import type { Environment } from '../parts.ts';
import { lastWords, programLimitMs, runProgram } from '../processes/run-program.ts';
import type { Credential } from './credentials.ts';

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
 * Runs a credential plugin of somebody's own, as kubectl would, in `cwd`. Rejects with `credential-failed` when it
 * fails, takes too long, is not there or answers nothing usable; of what it wrote the last line is in the message.
 */
export async function runExecPlugin(options: {
  readonly plugin: ExecPlugin;
  readonly cwd: string;
  readonly env: Environment;
  readonly title: string;
}): Promise<Credential> {
  const { plugin, cwd, env, title } = options;
  const apiVersion = plugin.apiVersion ?? 'client.authentication.k8s.io/v1';
  const limitMs = programLimitMs(env);
  const end = await runProgram({
    command: plugin.command,
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
  const fail = (why: string, line = '') =>
    new AppError(
      'credential-failed',
      `The credential plugin ${plugin.command} of ${title} ${why}${lastWords(line)}.`,
      { hint: `Run \`${plugin.command}\` by hand, with the arguments of its entry, to see why.` },
    );
  if (end.kind === 'not-started' || end.kind === 'cancelled') throw fail('could not be started');
  if (end.kind === 'too-long') throw fail(`did not end within ${limitMs / 1_000} s`, end.lastLine);
  if (end.kind === 'too-much') throw fail('wrote more than a megabyte', end.lastLine);
  if (end.exitCode !== 0)
    throw fail(
      end.exitCode === undefined ? 'was killed' : `failed with exit code ${end.exitCode}`,
      end.lastLine,
    );
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
