import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../docs/blocks.ts';
import type { GcpProject } from '../world/gcp/gcp-plan.ts';
import type { AksCluster } from '../world/plan.ts';
import type { Service } from '../world/traffic.ts';
import type { World } from '../world/world.ts';

export const permissionsFolder = path.join(root, 'resources/examples/permissions');

const listOf = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const awsPolicy = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(z.strictObject({ Effect: z.literal('Allow'), Action: listOf, Resource: z.string() })),
});
/** As `gcloud iam roles create --file` reads it. */
const gcpRole = z.strictObject({
  title: z.string(),
  description: z.string(),
  stage: z.literal('GA'),
  includedPermissions: z.array(z.string()),
});
/** As `az role definition create --role-definition` reads it. */
const azureRole = z.strictObject({
  Name: z.string(),
  IsCustom: z.literal(true),
  Description: z.string(),
  Actions: z.array(z.string()),
  NotActions: z.array(z.never()),
  AssignableScopes: z.array(z.string().regex(/^\/subscriptions\/[0-9a-f-]{36}$/)),
});

/** The permissions that the files allow, as each cloud names them. */
export async function permissionsIn(...files: readonly string[]): Promise<ReadonlySet<string>> {
  const all = await Promise.all(
    files.map(async (file) => {
      const content: unknown = parse(await readFile(path.join(permissionsFolder, file), 'utf8'));
      if (file.startsWith('gcp-')) return gcpRole.parse(content).includedPermissions;
      if (file.startsWith('azure-')) return azureRole.parse(content).Actions;
      return awsPolicy.parse(content).Statement.flatMap(({ Action }) => Action);
    }),
  );
  return new Set(all.flat());
}

const read = 'Microsoft.ContainerService/managedClusters/read';
const userCredential = 'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action';
/**
 * The permission that each call needs, by the reference of its API; `none` where everybody may call who is signed in. The
 * portal of IAM Identity Center gives what an assignment grants, and asks no policy.
 */
const needed: Readonly<Record<string, string>> = {
  'sts GetCallerIdentity': 'none',
  'sts AssumeRole': 'sts:AssumeRole',
  'eks ListClusters': 'eks:ListClusters',
  'eks DescribeCluster': 'eks:DescribeCluster',
  'account ListRegions': 'account:ListRegions',
  'sso ListAccounts': 'none',
  'sso ListAccountRoles': 'none',
  'sso GetRoleCredentials': 'none',
  'resource-manager SearchProjects': 'resourcemanager.projects.get',
  'resource-manager GetProject': 'resourcemanager.projects.get',
  'gke ListClusters': 'container.clusters.list',
  'gkehub ListMemberships': 'gkehub.memberships.list',
  'connect-gateway request': 'gkehub.gateway.get',
  'arm tenants': 'none',
  'arm subscriptions': 'none',
  // Resource Graph shows what the caller may read.
  'arm resources': read,
  'arm managedClusters': read,
  'arm listClusterUserCredential': userCredential,
};
const clouds: ReadonlySet<Service> = new Set<Service>([
  ...([
    'sts',
    'eks',
    'account',
    'sso',
    'resource-manager',
    'gke',
    'gkehub',
    'connect-gateway',
    'arm',
  ] as const),
]);

/** The permissions that the calls so far have needed. Throws for a call of which none is known. */
export function permissionsUsed({ traffic }: Pick<World, 'traffic'>): ReadonlySet<string> {
  const calls = new Set(
    traffic.served
      .filter(({ service }) => clouds.has(service))
      .map((one) => `${one.service} ${one.operation}`),
  );
  return new Set(
    [...calls].flatMap((call) => {
      const permission = needed[call];
      if (permission === undefined) throw new Error(`no permission is known for ${call}`);
      return permission === 'none' ? [] : [permission];
    }),
  );
}

/** What the world's clouds have, which a missing permission hides. */
export interface Hidden {
  readonly projects: GcpProject[];
  readonly aks: AksCluster[];
}

/** Takes a permission away from everybody, as its cloud does it. The answer gives it back. */
export function withdraw(world: World, hidden: Hidden, permission: string): () => void {
  const hide = <T>(list: T[], others: readonly T[] = []) => {
    const all = list.splice(0, list.length, ...others);
    return () => void list.splice(0, list.length, ...all);
  };
  // These two leave out what the caller may not read, and report no error.
  if (permission === 'resourcemanager.projects.get') return hide(hidden.projects);
  if (permission === read) return hide(hidden.aks);
  if (permission === 'gkehub.gateway.get')
    return hide(
      hidden.projects,
      hidden.projects.map((one) => ({ ...one, gateway: 'denied' })),
    );
  const calls = Object.entries(needed).filter(([, one]) => one === permission);
  if (calls.length === 0) throw new Error(`no call needs ${permission}`);
  const lifts = calls.map(([call]) => {
    const [service, operation] = call.split(' ') as [Service, string];
    return world.traffic.inject({ service, operation, does: { kind: 'deny' } });
  });
  return () => {
    for (const lift of lifts) lift();
  };
}
