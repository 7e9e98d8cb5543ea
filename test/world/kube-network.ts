import type { PresignedVerdict } from './aws/presigned.ts';
import { aksApplication, tenantOf } from './azure/aks-resource.ts';
import type { EntraTokens } from './azure/tokens.ts';
import { gkeHost } from './gcp/gcp-plan.ts';
import type { PodSeed } from './kube/cluster-objects.ts';
import { type KubeApi, startKubeApi } from './kube/server.ts';
import { clusterClient, type OidcWorld } from './oidc/issuer.ts';
import type { EksCluster, Plan, VaultSecret } from './plan.ts';
import { type AksCluster, aksHost, eksArn, eksEndpointHost, vaultSecretsOf } from './plan.ts';
import type { Traffic } from './traffic.ts';

/** What the world needs of an API server, a double's or a real one's. */
export type KubeOrigin = Pick<KubeApi, 'port' | 'authority' | 'mintToken' | 'issueClient'>;

/** The private network behind the tunnels: every cluster's API server by `host:port`. */
export interface KubeNetwork {
  /** By the cluster's name at its source. */
  readonly apis: ReadonlyMap<string, KubeApi>;
  /** Those, and what stands in the place of some. */
  readonly origins: ReadonlyMap<string, KubeOrigin>;
  /** `host:port` to a port of 127.0.0.1. */
  readonly names: ReadonlyMap<string, number>;
  readonly issuer: OidcWorld | undefined;
  close(): Promise<void>;
}

/** Replays the STS call that a token of EKS holds. */
export type VerifyPresigned = (
  url: URL,
  headers: { readonly 'x-k8s-aws-id': string },
) => Promise<PresignedVerdict>;

const tokenPrefix = 'k8s-aws-v1.';

export async function startKubeNetwork(options: {
  readonly plan: Plan;
  readonly traffic: Traffic;
  /** Servers to use in the place of the world's own, by the cluster's name; who started them ends them. */
  readonly standIns?: ReadonlyMap<string, KubeOrigin> | undefined;
  readonly verifyPresigned: () => VerifyPresigned;
  readonly verifyEntra: () => EntraTokens['verify'];
  /** Whose an access token of Google is. */
  readonly googleUser: (token: string) => string | undefined;
  /** Whom clusters in Vault trust, where one of them trusts an issuer. */
  readonly issuer: OidcWorld | undefined;
}): Promise<KubeNetwork> {
  const { plan, traffic, standIns, verifyPresigned, verifyEntra, googleUser, issuer } = options;
  const apis = new Map<string, KubeApi>();
  const origins = new Map<string, KubeOrigin>();
  const names = new Map<string, number>();
  const start = async (
    name: string,
    address: string,
    authenticate: Parameters<typeof startKubeApi>[0]['authenticate'],
  ) => {
    if (plan.served !== 'all' && !plan.served.includes(name)) return;
    const url = new URL(address);
    const host = `${url.hostname}:${url.port === '' ? 443 : url.port}`;
    const standIn = standIns?.get(name);
    if (standIn) {
      origins.set(name, standIn);
      names.set(host, standIn.port);
      return;
    }
    const api = await startKubeApi({
      name,
      hostnames: [url.hostname],
      traffic,
      authenticate,
      namespaces: [name, `${name}-jobs`],
      pods: podsOf(name),
    });
    apis.set(name, api);
    origins.set(name, api);
    names.set(host, api.port);
  };
  await Promise.all([
    ...plan.eks.map((cluster) =>
      // Clients lower-case host names; EKS gives them in capitals.
      start(cluster.name, `https://${eksEndpointHost(cluster)}`, (token) =>
        eksUser(cluster, token, verifyPresigned()),
      ),
    ),
    ...plan.azure.aks.map((cluster) =>
      start(cluster.name, `https://${aksHost(cluster)}`, (token) =>
        aksUser(plan, cluster, token, verifyEntra()),
      ),
    ),
    ...plan.gcp.clusters.map((cluster) =>
      start(cluster.name, `https://${gkeHost(cluster)}`, async (token) => {
        const user = googleUser(token);
        return user === undefined ? undefined : { user, groups: ['system:masters'] };
      }),
    ),
    ...vaultSecretsOf(plan).map(({ name, server, holds }) =>
      start(name, server, async (token) => (holds === 'oidc' ? oidcUser(issuer, token) : undefined)),
    ),
  ]);
  return {
    apis,
    origins,
    names,
    issuer,
    async close() {
      await Promise.all([...apis.values()].map((api) => api.close()));
    },
  };
}

/** As aws-iam-authenticator maps it: who signed the call, in the account that owns the cluster. */
async function eksUser(cluster: EksCluster, token: string, verify: VerifyPresigned) {
  if (!token.startsWith(tokenPrefix)) return undefined;
  const text = Buffer.from(token.slice(tokenPrefix.length), 'base64url').toString();
  if (!URL.canParse(text)) return undefined;
  const verdict = await verify(new URL(text), { 'x-k8s-aws-id': cluster.name });
  if (verdict.status !== 'verified' || verdict.account !== eksArn(cluster).split(':')[4]) return undefined;
  return { user: verdict.arn, groups: ['system:masters'] };
}

/** People of the cluster's tenant, by tokens for the AKS server application; nobody where they are not known to it. */
async function aksUser(plan: Plan, cluster: AksCluster, token: string, verify: EntraTokens['verify']) {
  const caller = await verify(token, aksApplication);
  if (!cluster.entra || typeof caller !== 'object' || caller.tenant !== tenantOf(plan, cluster))
    return undefined;
  return { user: caller.name, groups: ['system:masters'] };
}

/** As `--oidc-username-claim=email` has it: the token is checked for its signature, issuer, audience and end. */
async function oidcUser(issuer: OidcWorld | undefined, token: string) {
  const email = await issuer?.verify(token).catch(() => undefined);
  return email === undefined ? undefined : { user: email, groups: ['system:masters'] };
}

/** What the secret of an on-prem cluster holds. */
export async function secretDataFor(secret: VaultSecret, network: KubeNetwork) {
  const api = network.origins.get(secret.name);
  if (api === undefined) throw new Error(`no API server for ${secret.name}`);
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  const common = { server: secret.server, 'certificate-authority-data': base64(api.authority.certificate) };
  if (secret.holds === 'oidc')
    return {
      ...common,
      'oidc-issuer-url': network.issuer?.issuer ?? '',
      'oidc-client-id': clusterClient,
    };
  if (secret.holds === 'token')
    return {
      ...common,
      token: api.mintToken('system:serviceaccount:kube-system:developers', ['system:masters']),
    };
  const { key, certificate } = await api.issueClient('developers', ['system:masters']);
  return { ...common, 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) };
}

function podsOf(name: string): readonly PodSeed[] {
  const lines = Array.from({ length: 5 }, (_, at) => `${name}: request ${at + 1} served in ${7 + at * 3} ms`);
  return [
    { namespace: name, name: 'web-6d4cf56db6-x2v9k', deployment: 'web', log: lines },
    { namespace: name, name: 'web-6d4cf56db6-p7qld', deployment: 'web', log: lines },
    { namespace: `${name}-jobs`, name: 'nightly-28493820-4tzrc', state: 'Pending' },
  ];
}
