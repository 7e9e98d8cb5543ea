import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathsFrom } from '../../main/agent/paths.ts';
import { type Access, startAccess } from './access/edge.ts';
import { type ConnectProxy, startProxy } from './access/proxy.ts';
import { createAuthority } from './authority.ts';
import { writeAwsHome } from './aws/home.ts';
import { type Aws, startAws } from './aws/server.ts';
import { installAz, writeAzureHome } from './azure/home.ts';
import { type Azure, startAzure } from './azure/server.ts';
import { type CatalogServer, startCatalogServer } from './catalog/server.ts';
import { compileCache } from './compile-cache.ts';
import { spreadPorts } from './free-ports.ts';
import { startConnectGateway } from './gcp/gateway.ts';
import { writeGcpHome } from './gcp/home.ts';
import { type Gcp, startGcp } from './gcp/server.ts';
import type { KubeApi } from './kube/server.ts';
import { type KubeNetwork, type KubeOrigin, secretDataFor, startKubeNetwork } from './kube-network.ts';
import { type OidcWorld, startIssuer } from './oidc/issuer.ts';
import { startSocksServer } from './origins/socks-server.ts';
import { connectTcp } from './origins/tcp.ts';
import { firstPerson } from './people.ts';
import { type Browser, installBrowser } from './person/wrapper.ts';
import { type AccessApplication, defaultPlan, type Plan, vaultSecretsOf } from './plan.ts';
import type { ReleaseFeed } from './releases/feed.ts';
import { Traffic } from './traffic.ts';
import { writeVaultHome } from './vault/home.ts';
import { startVault, type Vault } from './vault/server.ts';

/** One organisation on loopback: its clouds, its Access edge, its clusters, and a person's sandboxed home. */
export interface World {
  readonly plan: Plan;
  readonly traffic: Traffic;
  /** The person's home folder. Nothing outside it and its parent is touched. */
  readonly home: string;
  /**
   * The variables with which any client works against the world: a home, a CONNECT proxy, an authority, the clouds'
   * addresses, a browser. PATH is not among them.
   */
  readonly env: Readonly<Record<string, string>>;
  readonly access: Access;
  readonly proxy: ConnectProxy;
  readonly aws: Aws;
  readonly azure: Azure;
  readonly gcp: Gcp;
  /** A folder for PATH: the vendors' tools with which the person has signed in. */
  readonly bin: string;
  readonly vault: Vault;
  /** Where a cluster of the plan trusts one. */
  readonly issuer: OidcWorld | undefined;
  readonly browser: Browser;
  /** Where it was asked for. */
  readonly releases: ReleaseFeed | undefined;
  readonly catalog: CatalogServer | undefined;
  /** The API server of a cluster, by its name at its source. */
  api(name: string): KubeApi;
  /** Ends every server and removes the home. */
  close(): Promise<void>;
}

/** Where the organisation's catalog is. */
export const catalogHost = 'catalog.k8s.acme.example';
const catalogApplication: AccessApplication = { hostname: catalogHost, origin: 'https', catalog: true };

export async function startWorld(
  options: {
    readonly plan?: Plan;
    readonly latencyMs?: number;
    /** API servers in the place of the world's own, by the cluster's name; who started them ends them. */
    readonly standIns?: ReadonlyMap<string, KubeOrigin>;
    /** With a release feed, which the organisation names, and which is asked every second. */
    readonly releases?: boolean | undefined;
    /** With the organisation's catalog behind Access, at `catalogHost`. */
    readonly catalog?: boolean | undefined;
  } = {},
): Promise<World> {
  const { catalog: hasCatalog = false, plan: given = defaultPlan } = options;
  const plan = hasCatalog ? { ...given, applications: [...given.applications, catalogApplication] } : given;
  const traffic = new Traffic();
  const root = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-world-'));
  const home = path.join(root, 'home');
  await mkdir(home, { mode: 0o700 });
  await spreadPorts(pathsFrom({ HOME: home, USERPROFILE: home }).state, plan);

  const authority = await createAuthority('World Root CA');
  const authorityFile = path.join(root, 'authority.pem');
  await writeFile(authorityFile, authority.certificate);

  // A cluster that is only listed shows an authority of nobody's.
  const nobody = await createAuthority('Nobody');
  const certificateAuthorityFor = ({ name }: { readonly name: string }) =>
    (network.origins.get(name)?.authority ?? nobody).certificate;
  let aws: Aws | undefined;
  let azure: Azure | undefined;
  const gcp = await startGcp({
    plan,
    traffic,
    certificateAuthorityFor,
  });
  const issuer = vaultSecretsOf(plan).some(({ holds }) => holds === 'oidc')
    ? await startIssuer({ people: plan.people, traffic })
    : undefined;
  const network = await startKubeNetwork({
    plan,
    traffic,
    standIns: options.standIns,
    verifyPresigned: () => (url, headers) => {
      if (aws === undefined) throw new Error('STS is not up yet');
      return aws.verifyPresigned(url, headers);
    },
    issuer,
    googleUser: (token) => gcp.signIns.find(token),
    verifyEntra: () => {
      if (azure === undefined) throw new Error('Entra is not up yet');
      return azure.tokens.verify;
    },
  });
  const apiOf = (name: string): KubeApi => {
    const api = network.apis.get(name);
    if (api === undefined) throw new Error(`the world has no cluster ${name}`);
    return api;
  };
  aws = await startAws({
    plan,
    traffic,
    kubeFacts: { certificateAuthorityFor },
  });
  azure = await startAzure({
    plan,
    traffic,
    authority,
    kubeFacts: {
      certificateAuthorityFor,
      clientFor: ({ name }) => apiOf(name).issueClient('masterclient', ['system:masters']),
    },
  });
  const vault = await startVault({ plan, traffic, secretFor: (secret) => secretDataFor(secret, network) });

  const socks = await startSocksServer({ traffic, names: network.names });
  const access = await startAccess({
    plan,
    traffic,
    authority,
    dial: (application) =>
      application.catalog === true && catalog !== undefined
        ? connectTcp(catalog.port)
        : dialOrigin(application, { plan, network, socksPort: socks.port }),
    // A demo that ends must not wait for a poll.
    transferHoldMs: 5_000,
  });
  const catalog = hasCatalog
    ? await startCatalogServer({
        traffic,
        groupsOf: (assertion) => access.groupsOf(assertion, catalogHost),
        secure: await authority.issueServer([catalogHost]),
      })
    : undefined;
  const gateway = await startConnectGateway({
    plan,
    traffic,
    authority,
    googleUser: (token) => gcp.signIns.find(token),
    origin: (cluster) => network.origins.get(cluster),
  });
  const proxy = await startProxy({
    traffic,
    edgePort: access.port,
    hosts: access.hosts,
    others: new Map([...azure.hosts, ...gateway.hosts.map((host) => [host, gateway.port] as const)]),
  });
  const browser = await installBrowser({
    folder: path.join(root, 'browser'),
    person: firstPerson(plan.people),
    proxy: proxy.url,
    authorityFile,
  });
  const bin = path.join(root, 'bin');
  await installAz(bin);
  const { email } = firstPerson(plan.people);
  await writeAzureHome({ home, plan, person: email, refreshToken: azure.tokens.issueRefresh(email) });
  // What runs it takes a second to load.
  const releases =
    options.releases === true ? await (await import('./releases/feed.ts')).startReleaseFeed() : undefined;
  const managed = path.join(home, 'managed.yaml');
  if (releases !== undefined) {
    const { url, publicKey } = releases;
    await writeFile(
      managed,
      `version: 1\nname: Acme\nreleases:\n  url: ${url}\n  publicKey: ${publicKey}\n`,
      { mode: 0o600 },
    );
  }
  if (options.latencyMs !== undefined) traffic.setLatency(options.latencyMs);

  return {
    plan,
    traffic,
    home,
    env: {
      // What this computer's administrators say concerns no world.
      K8S_TUNNELS_MANAGED_CONFIG: managed,
      ...(releases === undefined ? {} : { K8S_TUNNELS_RELEASES_EVERY_SECONDS: '1' }),
      ...(await writeAwsHome({ home, plan, url: aws.url, signIn: aws.signIn() })),
      ...(await writeGcpHome({ home, gcp })),
      // Where a login of the organisation's own client goes.
      CLOUDSDK_AUTH_AUTH_HOST: gcp.authUri,
      CLOUDSDK_AUTH_TOKEN_HOST: gcp.tokenUri,
      ...(await writeVaultHome({ home, url: vault.url, token: vault.token })),
      ...compileCache,
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: authorityFile,
      SSL_CERT_FILE: authorityFile,
      BROWSER: browser.command,
      KUBECONFIG: path.join(home, '.kube', 'config'),
    },
    access,
    proxy,
    aws,
    azure,
    gcp,
    bin,
    vault,
    issuer,
    browser,
    releases,
    catalog,
    api: apiOf,
    async close() {
      await Promise.all([
        proxy.close(),
        access.close(),
        socks.close(),
        aws.close(),
        azure.close(),
        gcp.close(),
        gateway.close(),
        vault.close(),
        issuer?.close(),
        releases?.close(),
        catalog?.close(),
        network.close(),
      ]);
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** What cloudflared does at the other end of a tunnel. */
function dialOrigin(
  application: AccessApplication,
  origins: { readonly plan: Plan; readonly network: KubeNetwork; readonly socksPort: number },
): Promise<net.Socket> {
  const { plan, network, socksPort } = origins;
  if (application.origin === 'socks') return connectTcp(socksPort);
  if (application.origin === 'https' || application.cluster !== undefined) {
    const api = network.origins.get(application.cluster ?? '');
    if (api !== undefined) return connectTcp(api.port);
  }
  if (application.origin === 'tcp') {
    const [title] = application.hostname.split('.');
    const secret = vaultSecretsOf(plan).find(({ name }) => name === title);
    const port = secret === undefined ? undefined : network.names.get(new URL(secret.server).host);
    if (port !== undefined) return connectTcp(port);
  }
  return Promise.reject(new Error(`the origin of ${application.hostname} is down`));
}
