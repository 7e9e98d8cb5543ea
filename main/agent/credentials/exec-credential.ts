import { z } from 'zod';
import { AppError } from '../../model/app-error.ts';
import type { ApiServer, Credential } from '../providers/credential-provider.ts';

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/**
 * Returns the answer of a credential plugin. `execInfo` is KUBERNETES_EXEC_INFO as kubectl sets it: client-go accepts
 * only an answer in the apiVersion of its request. Throws `bad-input` for a KUBERNETES_EXEC_INFO that is not supported.
 */
export function execCredential(
  credential: Credential,
  execInfo: string | undefined,
): Record<string, unknown> {
  const status =
    credential.kind === 'token'
      ? { token: credential.token }
      : { clientCertificateData: credential.certificate, clientKeyData: credential.key };
  return {
    apiVersion: askedVersion(execInfo),
    kind: 'ExecCredential',
    status: {
      ...status,
      ...(credential.expiresAt === undefined ? {} : { expirationTimestamp: rfc3339(credential.expiresAt) }),
    },
  };
}

/**
 * Returns the API server that kubectl connects to, from KUBERNETES_EXEC_INFO; undefined if the user entry does not have
 * `provideClusterInfo`.
 */
export function apiServer(execInfo: string | undefined): ApiServer | undefined {
  const {
    server,
    'tls-server-name': serverName,
    'certificate-authority-data': authority,
  } = clusterInfoSchema.safeParse(parsed(execInfo)).data?.spec.cluster ?? {};
  return server === undefined ? undefined : { server, serverName, certificateAuthorityData: authority };
}

/** See `pkg/apis/clientauthentication/types.go` in client-go: the CA certificate is never a file there. */
const clusterInfoSchema = z.object({
  spec: z.object({
    cluster: z.object({
      server: z.string(),
      'tls-server-name': z.string().min(1).optional(),
      'certificate-authority-data': z.string().min(1).optional(),
    }),
  }),
});

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function askedVersion(execInfo: string | undefined): string {
  if (execInfo === undefined || execInfo === '') return 'client.authentication.k8s.io/v1';
  let version: unknown;
  try {
    const parsed: unknown = JSON.parse(execInfo);
    version =
      typeof parsed === 'object' && parsed !== null && 'apiVersion' in parsed ? parsed.apiVersion : undefined;
  } catch {
    version = undefined;
  }
  if (typeof version === 'string' && versions.includes(version)) return version;
  throw new AppError(
    'bad-input',
    `KUBERNETES_EXEC_INFO asks for ${String(version ?? 'no version that can be read')}.`,
    {
      hint: `The kubeconfig user's exec.apiVersion must be ${versions.join(' or ')}.`,
    },
  );
}

/** Formats whole seconds, as Kubernetes writes its times. */
function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
