import { z } from 'zod';
import type { GcpAccess, GcpParts } from './adc.ts';
import { askGcp } from './api.ts';

const pageSchema = z.object({
  projects: z.array(z.object({ projectId: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

/**
 * Yields the IDs of all active projects that the user may see, page by page (Resource Manager v3, `projects:search`).
 */
export async function* searchProjects(options: {
  readonly parts: GcpParts;
  readonly access: GcpAccess;
  readonly signal: AbortSignal;
}): AsyncGenerator<{ readonly ids: readonly string[]; readonly nextPageToken: string | undefined }> {
  const { quotaProject, quotaHint } = options.access;
  let token: string | undefined = '';
  while (token !== undefined) {
    const query = new URLSearchParams({ query: 'state:ACTIVE', pageSize: '500' });
    if (token !== '') query.set('pageToken', token);
    const page: z.infer<typeof pageSchema> = await askGcp({
      ...options,
      path: `v3/projects:search?${query}`,
      headers: {
        'x-goog-fieldmask': 'projects.projectId,nextPageToken',
        // The call has no project of its own that could be billed.
        ...(quotaProject === undefined ? {} : { 'x-goog-user-project': quotaProject }),
      },
      call: {
        permission: 'resourcemanager.projects.get',
        role: 'roles/browser',
        project: undefined,
        quota: { project: quotaProject, hint: quotaHint },
      },
      schema: pageSchema,
    });
    token = page.nextPageToken || undefined;
    yield { ids: page.projects.map(({ projectId }) => projectId), nextPageToken: token };
  }
}
