import { request } from 'node:http';
import { parseTimestamp } from './authentication.ts';
import type { Caller } from './keyring.ts';

export type PresignedVerdict =
  | ({ readonly status: 'verified' } & Caller)
  | { readonly status: 'rejected'; readonly reason: string };

const clusterIdHeader = 'x-k8s-aws-id';
/** Every partition has its own suffix; only the commercial one has a host without a region. */
const stsHost =
  /^sts(\.amazonaws\.com|\.[a-z0-9-]+\.(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov))$/;
const allowedParameters = new Set([
  'action',
  'version',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
]);

/**
 * What an EKS API server does with the URL inside a bearer token: checks its form, then sends it to STS with the
 * cluster's own name in the header that was signed. Source: aws-iam-authenticator, `pkg/token/token.go`. There,
 * too, `X-Amz-Expires` need only be at most 900: STS holds a URL good for 15 minutes from its date, whatever it says.
 */
export async function verifyPresigned(options: {
  readonly url: URL;
  /** The headers of the replayed request: `x-k8s-aws-id` is the name of the cluster that was called. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where this world's STS listens. */
  readonly port: number;
}): Promise<PresignedVerdict> {
  const { url, headers, port } = options;
  const complaint = formComplaint({ url, port });
  if (complaint !== undefined) return { status: 'rejected', reason: complaint };
  const answer = await get({ url, headers, port }).catch((error: Error) => error);
  if (answer instanceof Error) return { status: 'rejected', reason: `error during GET: ${answer.message}` };
  if (answer.statusCode !== 200) {
    return {
      status: 'rejected',
      reason: `error from AWS (expected 200, got ${answer.statusCode}). Body: ${answer.body}`,
    };
  }
  const identity = JSON.parse(answer.body).GetCallerIdentityResponse.GetCallerIdentityResult;
  return { status: 'verified', account: identity.Account, arn: identity.Arn, userId: identity.UserId };
}

function formComplaint(options: { readonly url: URL; readonly port: number }): string | undefined {
  const { url, port } = options;
  const ours = url.protocol === 'http:' && url.host === `127.0.0.1:${port}`;
  if (!ours && url.protocol !== 'https:') return `unexpected scheme "${url.protocol}" in pre-signed URL`;
  if (!ours && !stsHost.test(url.host)) {
    return `unexpected hostname "${url.host}" in pre-signed URL`;
  }
  if (url.pathname !== '/') return 'unexpected path in pre-signed URL';

  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const lower = name.toLowerCase();
    if (!allowedParameters.has(lower)) return `non-whitelisted query parameter "${name}"`;
    if (parameters.has(lower)) return 'query parameter with multiple values not supported';
    parameters.set(lower, value);
  }
  if (parameters.get('action') !== 'GetCallerIdentity')
    return 'unexpected action parameter in pre-signed URL';
  const signedHeaders = parameters.get('x-amz-signedheaders')?.toLowerCase().split(';') ?? [];
  if (!signedHeaders.includes(clusterIdHeader)) {
    return `client did not sign the ${clusterIdHeader} header in the pre-signed URL`;
  }
  const expires = parameters.get('x-amz-expires') ?? '';
  if (!/^\d+$/.test(expires) || Number(expires) > 900) {
    return `invalid X-Amz-Expires parameter in pre-signed URL: ${expires}`;
  }
  const date = parameters.get('x-amz-date');
  if (date === undefined) return 'X-Amz-Date parameter must be present in pre-signed URL';
  if (Date.now() > parseTimestamp(date) + 15 * 60_000) {
    return `X-Amz-Date parameter is expired (15 minute expiration) ${date}`;
  }
  return undefined;
}

function get(options: {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly port: number;
}): Promise<{ readonly statusCode: number; readonly body: string }> {
  const { url, headers, port } = options;
  return new Promise((resolve, reject) => {
    request(
      {
        host: '127.0.0.1',
        port,
        path: `${url.pathname}${url.search}`,
        headers: { ...headers, host: url.host, accept: 'application/json' },
        agent: false,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve({ statusCode: response.statusCode ?? 0, body }));
        response.on('error', reject);
      },
    )
      .on('error', reject)
      .end();
  });
}
