import type { LoopbackRequest } from '../loopback-server.ts';
import { type GoogleAnswer, type GoogleMethod, invalidArgument, ok } from './answers.ts';
import type { GcpPlan } from './gcp-plan.ts';

export const searchMethod: GoogleMethod = {
  service: 'cloudresourcemanager.googleapis.com',
  title: 'Cloud Resource Manager API',
  method: 'google.cloud.resourcemanager.v3.Projects.SearchProjects',
  permission: 'resourcemanager.projects.get',
};

/** `GET /v3/projects:search` of Resource Manager: pages of all projects, those of states that are not asked for left out. */
export function searchProjects(request: LoopbackRequest, plan: GcpPlan): GoogleAnswer {
  const query = new URL(request.target, 'http://google').searchParams;
  const wanted = query.get('query') ?? '';
  if (!/^(state:[A-Z_]+)?$/i.test(wanted)) return invalidArgument('Request contains an invalid argument.');
  const pageSize = Number(query.get('pageSize') ?? 0);
  if (!Number.isInteger(pageSize) || pageSize < 0) {
    return invalidArgument('Request contains an invalid argument.');
  }
  const token = query.get('pageToken') ?? '';
  const start = token === '' ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0) return invalidArgument('Request contains an invalid argument.');
  // Every project of the world is active.
  const projects = /:(?!ACTIVE)/i.test(wanted) ? [] : plan.projects;
  const end = start + Math.min(pageSize === 0 ? plan.longestPage : pageSize, plan.longestPage);
  return ok({
    projects: projects.slice(start, end).map(({ id, number }) => ({
      name: `projects/${number}`,
      parent: 'organizations/433637338589',
      projectId: id,
      state: 'ACTIVE',
      displayName: id,
      createTime: '2024-03-04T09:14:37.131Z',
      updateTime: '2024-03-04T09:14:37.131Z',
      etag: 'W/"e1a1c5a3f6e2e6c1"',
    })),
    ...(end < projects.length ? { nextPageToken: Buffer.from(String(end)).toString('base64url') } : {}),
  });
}
