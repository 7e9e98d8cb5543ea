import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createNetwork, type Network } from '../../../../main/agent/network/network.ts';
import { type Clock, type Environment, systemClock } from '../../../../main/agent/parts.ts';
import type { DiscoverySource } from '../../../../main/agent/providers/discovery-source.ts';
import { createGkeSource } from '../../../../main/agent/providers/gcp/gke.ts';
import { createAuthority } from '../../../world/authority.ts';
import type { GcpPlan } from '../../../world/gcp/gcp-plan.ts';
import { writeGcpHome } from '../../../world/gcp/home.ts';
import { type Gcp, startGcp } from '../../../world/gcp/server.ts';
import type { AuthorizedUser } from '../../../world/gcp/sign-ins.ts';
import { defaultPlan, type Person } from '../../../world/plan.ts';
import { Traffic } from '../../../world/traffic.ts';
import type { Mutable } from '../../discovery/clouds.ts';

/** Google as the world has it, and a home that leads there. `plan` may be changed at any time. */
export interface Google {
  readonly plan: Mutable<GcpPlan>;
  /** Who can sign in. */
  readonly people: Person[];
  readonly traffic: Traffic;
  readonly gcp: Gcp;
  readonly home: string;
  readonly env: Environment;
  readonly network: Network;
  /** The login that the home began with. */
  readonly credentials: AuthorizedUser;
  /** What an agent has that has just started; `env` in place of the home's own. */
  source(env?: Environment, clock?: Clock, projects?: readonly string[]): DiscoverySource;
  /** Other credentials in the home. */
  write(credentials: object): Promise<void>;
  close(): Promise<void>;
}

export async function startGoogle(): Promise<Google> {
  const plan = structuredClone(defaultPlan.gcp) as Mutable<GcpPlan>;
  const people = [...defaultPlan.people];
  const traffic = new Traffic();
  const { certificate } = await createAuthority('a cluster');
  const gcp = await startGcp({
    plan: { gcp: plan, people },
    traffic,
    certificateAuthorityFor: () => certificate,
  });
  const home = await mkdtemp(path.join(tmpdir(), 'google-'));
  const credentials = gcp.signIn();
  const env: Environment = await writeGcpHome({ home, gcp, credentials });
  const network = createNetwork(env);
  return {
    plan,
    people,
    traffic,
    gcp,
    home,
    env,
    network,
    credentials,
    source: (other = env, clock = systemClock, projects = undefined) =>
      createGkeSource({ env: other, home, network, clock, projects }),
    async write(other) {
      await writeGcpHome({ home, gcp, credentials: other });
    },
    async close() {
      network.reset();
      await gcp.close();
      await rm(home, { recursive: true });
    },
  };
}
