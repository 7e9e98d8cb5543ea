import type { Fault } from '../traffic.ts';
import {
  type GoogleAnswer,
  type GoogleMethod,
  internal,
  ok,
  permissionDenied,
  serviceDisabled,
} from './answers.ts';
import type { FleetMembership, GcpPlan } from './gcp-plan.ts';
import { gkeName } from './gcp-plan.ts';

export const hubMethod: GoogleMethod = {
  service: 'gkehub.googleapis.com',
  title: 'GKE Hub API',
  method: 'google.cloud.gkehub.v1.GkeHub.ListMemberships',
  permission: 'gkehub.memberships.list',
};

/** Answers `projects.locations.memberships.list` of GKE Hub v1, for all locations. */
export function listMemberships(
  plan: GcpPlan,
  project: string,
  fault: Fault['does'] | undefined,
): GoogleAnswer {
  if (fault?.kind === 'drop') return { kind: 'drop' };
  if (fault?.kind === 'error') return internal;
  const known = plan.projects.find(({ id, number }) => id === project || number === project);
  if (known === undefined || known.hub === 'denied' || fault?.kind === 'deny')
    return permissionDenied(hubMethod, `projects/${project}/locations/-`);
  if (known.hub === 'disabled') return serviceDisabled(hubMethod, known.number);
  const here = (plan.memberships ?? []).filter((one) => one.project === known.id);
  return ok(here.length === 0 ? {} : { resources: here.map((one) => describe(plan, one)) });
}

/** A membership as the hub lists it. */
function describe(
  { clusters }: GcpPlan,
  { project, location, name, labels, cluster, gke }: FleetMembership,
): object {
  const of = clusters.find((one) => one.name === cluster);
  return {
    name: `projects/${project}/locations/${location}/memberships/${name}`,
    ...(gke === true && of !== undefined
      ? {
          endpoint: {
            gkeCluster: { resourceLink: `//container.googleapis.com/${gkeName(of)}` },
            kubernetesMetadata: { kubernetesApiServerVersion: 'v1.32.9', nodeCount: 3 },
          },
        }
      : { endpoint: { kubernetesMetadata: { kubernetesApiServerVersion: 'v1.32.9', nodeCount: 3 } } }),
    labels,
    state: { code: 'READY' },
    createTime: '2024-03-04T09:14:37.000000000Z',
    uniqueId: '0f2a7b6c-3d4e-4f50-8a9b-0c1d2e3f4a5b',
    infrastructureType: gke === true ? 'MULTI_CLOUD' : 'ON_PREM',
  };
}
