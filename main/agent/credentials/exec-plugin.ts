import { execa } from 'execa';
import { z } from 'zod';
import { AppError } from '../app-error.ts';
import type { ExecPlugin } from '../discovery/kubeconfig-context.ts';
import type { Environment } from '../parts.ts';
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

/** A plugin that opens a browser may take its time, one that hangs may not keep kubectl for ever. */
const timeoutMs = 120_000;

/**
 * Runs a credential plugin of somebody's own, as kubectl would, in `cwd`. Rejects with `credential-failed` when it
 * fails, is not there or answers nothing usable; what it wrote stays out of the message.
 */
export async function runExecPlugin(options: {
  readonly plugin: ExecPlugin;
  readonly cwd: string;
  readonly env: Environment;
  readonly title: string;
}): Promise<Credential> {
  const { plugin, cwd, env, title } = options;
  const apiVersion = plugin.apiVersion ?? 'client.authentication.k8s.io/v1';
  const { stdout, failed, exitCode, timedOut } = await execa(plugin.command, plugin.args ?? [], {
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
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: timeoutMs,
    // A credential is a few KB.
    maxBuffer: 1024 * 1024,
  });
  const fail = (why: string) =>
    new AppError('credential-failed', `The credential plugin ${plugin.command} of ${title} ${why}.`, {
      hint: `Run \`${plugin.command}\` by hand, with the arguments of its entry, to see why.`,
    });
  if (timedOut) throw fail(`did not end within ${timeoutMs / 1000} s`);
  if (failed)
    throw fail(exitCode === undefined ? 'could not be started' : `failed with exit code ${exitCode}`);
  const answer = answerSchema.safeParse(parse(stdout));
  if (!answer.success) throw fail('gave no ExecCredential');
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = answer.data.status;
  const end = Date.parse(expirationTimestamp ?? '');
  const expiresAt = Number.isNaN(end) ? undefined : end;
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
