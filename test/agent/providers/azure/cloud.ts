import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createNetwork, type Network } from '../../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../../main/agent/network/trust.ts';
import { type Environment, systemClock } from '../../../../main/agent/parts.ts';
import { createAksSource } from '../../../../main/agent/providers/azure/aks.ts';
import type { DiscoverySource } from '../../../../main/agent/providers/discovery-source.ts';
import { type ConnectProxy, startProxy } from '../../../world/access/proxy.ts';
import { createAuthority } from '../../../world/authority.ts';
import { installAz, writeAzureHome } from '../../../world/azure/home.ts';
import { type Azure, startAzure } from '../../../world/azure/server.ts';
import { firstPerson } from '../../../world/people.ts';
import { defaultPlan, type Plan } from '../../../world/plan.ts';
import { Traffic } from '../../../world/traffic.ts';
import type { Mutable } from '../../discovery/clouds.ts';

/** Azure behind a proxy, by its own host names, and a home of a person who is signed in by the Azure CLI. */
export interface AzureCloud {
  /** May be changed at any time. */
  readonly plan: Mutable<Plan>;
  readonly traffic: Traffic;
  readonly azure: Azure;
  readonly proxy: ConnectProxy;
  readonly home: string;
  /** Of the home that the Azure CLI signed in to. May be changed at any time. */
  readonly env: Record<string, string | undefined>;
  readonly network: Network;
  /** PEM of every cluster's authority. */
  readonly certificate: string;
  /** In the home that the Azure CLI signed in to, or in one with the variables of an application alone. */
  aks(signedIn?: 'cli' | 'environment', tenants?: readonly string[]): DiscoverySource;
  /** `az login`, with a second factor in the tenants named. */
  signIn(strongIn?: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export async function startAzureCloud(): Promise<AzureCloud> {
  const plan = structuredClone(defaultPlan) as Mutable<Plan>;
  const traffic = new Traffic();
  const folder = await mkdtemp(path.join(tmpdir(), 'azure-'));
  const home = path.join(folder, 'home');
  const authority = await createAuthority('World Root CA');
  const authorityFile = path.join(folder, 'authority.pem');
  await writeFile(authorityFile, authority.certificate);
  const clusterAuthority = await createAuthority('a cluster');
  const azure = await startAzure({
    plan,
    traffic,
    authority,
    kubeFacts: {
      certificateAuthorityFor: () => clusterAuthority.certificate,
      clientFor: () => clusterAuthority.issueClient('masterclient', ['system:masters']),
    },
  });
  const proxy = await startProxy({ traffic, edgePort: 0, hosts: [], others: azure.hosts });
  const bin = path.join(folder, 'bin');
  await installAz(bin);
  const { email } = firstPerson(plan.people);
  const signIn: AzureCloud['signIn'] = (strongIn) =>
    writeAzureHome({ home, plan, person: email, refreshToken: azure.tokens.issueRefresh(email, strongIn) });
  await signIn();
  const env: AzureCloud['env'] = {
    HOME: home,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: authorityFile,
    PATH: `${bin}${path.delimiter}${process.env.PATH}`,
  };
  const { application, tenants } = plan.azure;
  const applicationEnv: Environment = {
    ...env,
    AZURE_TENANT_ID: tenants[0]?.id,
    AZURE_CLIENT_ID: application.id,
    AZURE_CLIENT_SECRET: application.secret,
  };
  // The SDK starts PowerShell with the environment of this process.
  Object.assign(process.env, env);
  trustAuthorities({ env });
  const network = createNetwork(env);
  return {
    plan,
    traffic,
    azure,
    proxy,
    home,
    env,
    network,
    certificate: clusterAuthority.certificate,
    aks: (signedIn = 'cli', tenants = undefined) =>
      signedIn === 'cli'
        ? createAksSource({ env, home, network, clock: systemClock, tenants })
        : createAksSource({
            env: applicationEnv,
            home: path.join(folder, 'nobody'),
            network,
            clock: systemClock,
          }),
    signIn,
    async close() {
      process.env.PATH = process.env.PATH?.replace(`${bin}${path.delimiter}`, '');
      network.reset();
      await Promise.all([azure.close(), proxy.close()]);
      await rm(folder, { recursive: true, maxRetries: 5 });
    },
  };
}
