import { z } from 'zod';
import { AppError, type PlainError, toPlainError } from '../../../model/app-error.ts';
import { boundedPages } from '../bounded-pages.ts';
import type { GcpAccess, GcpParts } from './adc.ts';
import { askGcp } from './api.ts';

/** A hub that does not answer must not hold up the list of clusters for long. */
const limitMs = 5_000;

const pageSchema = z.object({
  resources: z
    .array(
      z.object({
        name: z.string(),
        labels: z.record(z.string(), z.string()).default({}),
        state: z.object({ code: z.string().optional() }).default({}),
        endpoint: z
          .object({
            gkeCluster: z.object({ resourceLink: z.string().optional() }).optional(),
            kubernetesMetadata: z.object({ kubernetesApiServerVersion: z.string().optional() }).optional(),
          })
          .default({}),
      }),
    )
    .default([]),
  nextPageToken: z.string().optional(),
  unreachable: z.array(z.string()).default([]),
});
type Page = z.infer<typeof pageSchema>;

/** A cluster in a fleet, and its address at the Connect gateway. */
export interface Membership {
  readonly name: string;
  readonly location: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: string | undefined;
  readonly version: string | undefined;
  /** `projects/P/locations/L/clusters/C` of a GKE cluster. */
  readonly gke: string | undefined;
  /** `https://…connectgateway.googleapis.com/v1/projects/NUMBER/locations/…` */
  readonly server: string;
}

export type Fleet =
  | { readonly kind: 'listed'; readonly memberships: readonly Membership[]; readonly error?: PlainError }
  /** The API is disabled, or the user may not list memberships. */
  | { readonly kind: 'off'; readonly error: PlainError }
  | { readonly kind: 'failed'; readonly error: PlainError };

/**
 * Lists the memberships of a project's fleet in all locations (GKE Hub v1, `projects.locations.memberships.list`). Failures
 * are results. Rejects if the signal aborts.
 */
export async function readFleet(options: {
  readonly parts: GcpParts;
  readonly access: GcpAccess;
  readonly project: string;
  readonly signal: AbortSignal;
}): Promise<Fleet> {
  const { access, project, signal } = options;
  const found: Page['resources'] = [];
  const unreachable: string[] = [];
  try {
    for await (const page of boundedPages(pagesOf(options), {
      list: `The list of fleet memberships of project ${project} (gkehub.memberships.list)`,
      next: ({ nextPageToken }) => nextPageToken,
    })) {
      found.push(...page.resources);
      unreachable.push(...page.unreachable);
    }
    const number = found.length === 0 ? project : await projectNumber(options, found);
    const memberships = found.flatMap(
      (one) => membershipOf(one, { project, number, universe: access.universe }) ?? [],
    );
    if (unreachable.length === 0) return { kind: 'listed', memberships };
    const error = new AppError(
      'gcp-failed',
      `Google has no fleet memberships of ${unreachable.join(', ')} in project ${project}.`,
      { hint: 'Try again; if the error persists, see https://status.cloud.google.com.', retryable: true },
    );
    return { kind: 'listed', memberships, error: toPlainError(error) };
  } catch (error) {
    signal.throwIfAborted();
    const plain = toPlainError(error);
    if (plain.code === 'gcp-api-disabled') return { kind: 'off', error: plain };
    if (plain.code !== 'gcp-denied') return { kind: 'failed', error: plain };
    return {
      kind: 'off',
      error: {
        ...plain,
        code: 'gcp-api-disabled',
        message: `Your Google account may not list the fleet of project ${project} (gkehub.memberships.list).`,
        hint: `To reach its clusters through the Connect gateway, ask a Google Cloud administrator for the roles roles/gkehub.viewer and roles/gkehub.gatewayReader in project ${project}.`,
      },
    };
  }
}

async function* pagesOf({
  parts,
  access,
  project,
  signal,
}: Parameters<typeof readFleet>[0]): AsyncGenerator<Page> {
  let token: string | undefined = '';
  while (token !== undefined) {
    const query = new URLSearchParams({ pageSize: '500', ...(token === '' ? {} : { pageToken: token }) });
    const page: Page = await askGcp({
      parts,
      access,
      service: 'gkehub',
      limitMs,
      path: `v1/projects/${encodeURIComponent(project)}/locations/-/memberships?${query}`,
      call: {
        permission: 'gkehub.memberships.list',
        role: 'roles/gkehub.viewer',
        project,
        api: { title: 'GKE Hub', services: ['gkehub.googleapis.com', 'connectgateway.googleapis.com'] },
      },
      schema: pageSchema,
      signal,
    });
    token = page.nextPageToken || undefined;
    yield page;
  }
}

/** Resolves with the project's number, which the gateway's addresses name; with its id if the number cannot be read. */
async function projectNumber(
  { parts, access, project, signal }: Parameters<typeof readFleet>[0],
  memberships: Page['resources'],
): Promise<string> {
  const named = memberships.map(({ name }) => /^projects\/(\d+)\//.exec(name)?.[1]).find((one) => one);
  if (named !== undefined) return named;
  const read = await askGcp({
    parts,
    access,
    limitMs,
    path: `v3/projects/${encodeURIComponent(project)}`,
    call: { permission: 'resourcemanager.projects.get', role: 'roles/browser', project },
    schema: z.object({ name: z.string() }),
    signal,
  }).catch(() => undefined);
  signal.throwIfAborted();
  return /^projects\/(\d+)$/.exec(read?.name ?? '')?.[1] ?? project;
}

function membershipOf(
  { name: full, labels, state, endpoint }: Page['resources'][number],
  { project, number, universe }: Readonly<Record<'project' | 'number' | 'universe', string>>,
): Membership | undefined {
  const [, location, name] =
    /^projects\/[^/]+\/locations\/([a-z0-9-]+)\/memberships\/([\w.-]+)$/.exec(full) ?? [];
  if (location === undefined || name === undefined) return undefined;
  const gke = /\/(projects\/[^/]+\/(?:locations|zones)\/[^/]+\/clusters\/[^/]+)$/.exec(
    endpoint.gkeCluster?.resourceLink ?? '',
  )?.[1];
  const host = `${location === 'global' ? '' : `${location}-`}connectgateway.${universe}`;
  const kind = endpoint.gkeCluster === undefined ? 'memberships' : 'gkeMemberships';
  return {
    name,
    location,
    labels,
    state: state.code,
    version: endpoint.kubernetesMetadata?.kubernetesApiServerVersion,
    gke: gke?.replace('/zones/', '/locations/').replace(`projects/${number}/`, `projects/${project}/`),
    server: `https://${host}/v1/projects/${number}/locations/${location}/${kind}/${name}`,
  };
}
