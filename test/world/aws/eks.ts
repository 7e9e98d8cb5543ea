import { randomUUID } from 'node:crypto';
import type { LoopbackAnswer, LoopbackRequest } from '../loopback-server.ts';
import { type EksCluster, eksArn, type Plan } from '../plan.ts';
import type { Fault } from '../traffic.ts';
import type { Authentication } from './authentication.ts';
import { describeCluster } from './eks-cluster.ts';
import type { EksTags } from './eks-tags.ts';

const pageSize = 100;

export type EksCall =
  | { readonly operation: 'ListClusters'; readonly query: URLSearchParams }
  | { readonly operation: 'DescribeCluster'; readonly name: string }
  | {
      readonly operation: 'TagResource' | 'UntagResource';
      readonly name: string;
      readonly change: Parameters<EksTags['change']>[1];
    }
  | { readonly operation: 'Unknown' };

export function readEksCall(request: LoopbackRequest): EksCall {
  const url = new URL(request.target, 'http://eks');
  const [collection, name, ...rest] = url.pathname.split('/').slice(1);
  if (collection === 'tags' && name && rest.length === 0) return readTagCall(request, url, name);
  if (request.method !== 'GET' || collection !== 'clusters' || rest.length > 0)
    return { operation: 'Unknown' };
  if (!name) return { operation: 'ListClusters', query: url.searchParams };
  return { operation: 'DescribeCluster', name: decodeURIComponent(name) };
}

function readTagCall({ method, body }: LoopbackRequest, url: URL, arn: string): EksCall {
  const name = decodeURIComponent(arn).split('/').at(-1) ?? '';
  if (method === 'POST') {
    const { tags } = JSON.parse(body.toString()) as { readonly tags?: unknown };
    return { operation: 'TagResource', name, change: { set: tags } };
  }
  if (method !== 'DELETE') return { operation: 'Unknown' };
  return { operation: 'UntagResource', name, change: { remove: url.searchParams.getAll('tagKeys') } };
}

/** Answers one call of the Elastic Kubernetes Service (REST JSON protocol), for the clusters of one account and region. */
export async function answerEks(options: {
  readonly call: EksCall;
  readonly region: string;
  readonly authentication: Authentication;
  readonly fault: Fault['does'] | undefined;
  readonly plan: Plan;
  readonly tags: EksTags;
  readonly certificateAuthorityFor: (cluster: EksCluster) => string | Promise<string>;
}): Promise<LoopbackAnswer> {
  const { call, region, authentication, fault, plan, tags, certificateAuthorityFor } = options;
  if (fault?.kind === 'drop') return { kind: 'drop' };
  if (fault?.kind === 'throttle') {
    const answer = failure(429, 'ThrottlingException', 'Rate exceeded');
    if (fault.retryAfterSeconds === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, 'retry-after': String(fault.retryAfterSeconds) } };
  }
  if (fault?.kind === 'error') return failure(500, 'ServerException', 'Internal server error');
  if (authentication.status === 'refused') {
    const codes = {
      missing: 'MissingAuthenticationTokenException',
      unknown: 'UnrecognizedClientException',
      signature: 'InvalidSignatureException',
      expired: 'ExpiredTokenException',
    };
    return failure(403, codes[authentication.kind], authentication.message);
  }
  if (call.operation === 'Unknown') {
    return failure(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  }

  const { account, arn } = authentication.caller;
  const denied = !authentication.mayUseEks || plan.deniedCells.includes(`${account}/${region}`);
  if (fault?.kind === 'deny' || denied) {
    const name = call.operation === 'ListClusters' ? '*' : call.name;
    const why =
      fault?.kind === 'deny' && fault.byOrganisation === true
        ? 'with an explicit deny in a service control policy'
        : `because no identity-based policy allows the eks:${call.operation} action`;
    return failure(
      403,
      'AccessDeniedException',
      `User: ${arn} is not authorized to perform: eks:${call.operation} on resource: ${eksArn({ account, region, name, tags: {} })} ${why}`,
    );
  }

  const clusters = plan.eks.filter((cluster) => cluster.account === account && cluster.region === region);
  if (call.operation === 'ListClusters') return listClusters(clusters, call.query);
  const cluster = clusters.find((candidate) => candidate.name === call.name);
  if (cluster === undefined) {
    const code = call.operation === 'DescribeCluster' ? 'ResourceNotFoundException' : 'NotFoundException';
    return failure(404, code, `No cluster found for name: ${call.name}.`);
  }
  if (call.operation !== 'DescribeCluster') {
    const refusal = tags.change(cluster, call.change);
    return refusal === undefined ? json(200, {}) : failure(400, 'BadRequestException', refusal);
  }
  return json(200, {
    cluster: describeCluster({
      cluster: { ...cluster, tags: tags.of(cluster) },
      certificateAuthority: await certificateAuthorityFor(cluster),
    }),
  });
}

function listClusters(clusters: readonly EksCluster[], query: URLSearchParams): LoopbackAnswer {
  const maxResults = Number(query.get('maxResults') ?? pageSize);
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > pageSize) {
    return failure(400, 'InvalidParameterException', `maxResults must be between 1 and ${pageSize}`);
  }
  const token = query.get('nextToken');
  const start = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0) {
    return failure(400, 'InvalidParameterException', 'The specified nextToken is invalid');
  }
  const end = start + maxResults;
  return json(200, {
    clusters: clusters.slice(start, end).map((cluster) => cluster.name),
    nextToken: end < clusters.length ? Buffer.from(String(end)).toString('base64url') : null,
  });
}

function failure(statusCode: number, code: string, message: string): LoopbackAnswer & { kind: 'answer' } {
  const answer = json(statusCode, { message });
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': code } };
}

function json(statusCode: number, body: object): LoopbackAnswer & { kind: 'answer' } {
  const headers = { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID() };
  return { kind: 'answer', statusCode, headers, body: JSON.stringify(body) };
}
