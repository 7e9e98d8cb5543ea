import { randomUUID } from 'node:crypto';
import type { LoopbackAnswer, LoopbackRequest } from '../loopback-server.ts';
import type { Plan } from '../plan.ts';
import type { Fault } from '../traffic.ts';
import type { Authentication } from './authentication.ts';

/** Answers ListRegions of the account service (REST JSON): the regions that an account has enabled by itself. */
export function answerListRegions(options: {
  readonly request: LoopbackRequest;
  readonly authentication: Authentication;
  readonly fault: Fault['does'] | undefined;
  readonly plan: Plan;
}): LoopbackAnswer {
  const { request, authentication, fault, plan } = options;
  if (fault?.kind === 'drop') return { kind: 'drop' };
  if (fault?.kind === 'throttle') return json(429, 'TooManyRequestsException', { message: 'Rate exceeded' });
  if (fault?.kind === 'error') return json(500, 'InternalServerException', { message: 'Internal error' });
  if (authentication.status === 'refused') {
    return json(403, 'UnrecognizedClientException', { message: authentication.message });
  }
  if (fault?.kind === 'deny') {
    return json(403, 'AccessDeniedException', {
      message: `User: ${authentication.caller.arn} is not authorized to perform: account:ListRegions`,
    });
  }
  const {
    NextToken,
    MaxResults = 20,
    RegionOptStatusContains = [],
  } = JSON.parse(request.body.toString() || '{}');
  const regions = [
    ...plan.optInRegions.map((RegionName) => ({ RegionName, RegionOptStatus: 'ENABLED' })),
    { RegionName: 'us-east-1', RegionOptStatus: 'ENABLED_BY_DEFAULT' },
    { RegionName: 'af-south-1', RegionOptStatus: 'DISABLED' },
  ].filter(
    ({ RegionOptStatus }) =>
      RegionOptStatusContains.length === 0 || RegionOptStatusContains.includes(RegionOptStatus),
  );
  const start = Number(NextToken ?? 0);
  const end = start + MaxResults;
  return json(200, undefined, {
    Regions: regions.slice(start, end),
    ...(end < regions.length ? { NextToken: String(end) } : {}),
  });
}

function json(statusCode: number, code: string | undefined, body: object): LoopbackAnswer {
  return {
    kind: 'answer',
    statusCode,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': randomUUID(),
      ...(code === undefined ? {} : { 'x-amzn-errortype': code }),
    },
    body: JSON.stringify(body),
  };
}
