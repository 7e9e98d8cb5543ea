import { randomUUID } from 'node:crypto';
import type { LoopbackAnswer, LoopbackRequest } from '../loopback-server.ts';
import type { Plan } from '../plan.ts';
import type { Fault } from '../traffic.ts';
import type { Keyring } from './keyring.ts';
import type { SignIns } from './sign-ins.ts';

export type PortalOperation = 'ListAccounts' | 'ListAccountRoles' | 'GetRoleCredentials' | 'Logout';

const operations: Readonly<Record<string, PortalOperation>> = {
  'GET /assignment/accounts': 'ListAccounts',
  'GET /assignment/roles': 'ListAccountRoles',
  'GET /federation/credentials': 'GetRoleCredentials',
  'POST /logout': 'Logout',
};

/** What a request asks of IAM Identity Center's portal; undefined where it is for none of it. */
export function portalOperation(request: LoopbackRequest): PortalOperation | undefined {
  return operations[`${request.method} ${new URL(request.target, 'http://sso').pathname}`];
}

/** What tells calls of one operation apart: the account, with the role where there is one. */
export function portalScope(request: LoopbackRequest): string {
  const { searchParams } = new URL(request.target, 'http://sso');
  return [searchParams.get('account_id'), searchParams.get('role_name')]
    .filter((part) => part !== null)
    .join('/');
}

/** Lets through a person's first requests and so many a second after them, as the portal does. */
export class TokenBucket {
  private readonly rate: () => number;
  private left: number | undefined;
  private at = Date.now();

  constructor(rate: () => number) {
    this.rate = rate;
  }

  take(): boolean {
    const now = Date.now();
    const rate = this.rate();
    const left = Math.min(rate, (this.left ?? rate) + ((now - this.at) / 1000) * rate);
    this.at = now;
    this.left = left >= 1 ? left - 1 : left;
    return left >= 1;
  }
}

const pageSize = 100;

/** Answers one call of the portal (REST JSON, unsigned, the access token in a header of its own). */
export function answerPortal(options: {
  readonly operation: PortalOperation;
  readonly request: LoopbackRequest;
  readonly fault: Fault['does'] | undefined;
  readonly plan: Plan;
  readonly keyring: Keyring;
  readonly signIns: SignIns;
  readonly allowed: boolean;
}): LoopbackAnswer {
  const { operation, request, fault, plan, keyring, signIns, allowed } = options;
  const { searchParams } = new URL(request.target, 'http://sso');
  if (fault?.kind === 'drop') return { kind: 'drop' };
  if (fault?.kind === 'throttle' || !allowed) {
    const answer = failure(429, 'TooManyRequestsException', 'HTTP 429 Unknown Code');
    if (fault?.kind !== 'throttle' || fault.retryAfterSeconds === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, 'retry-after': String(fault.retryAfterSeconds) } };
  }
  if (fault?.kind === 'error') return failure(500, 'InternalServerException', 'Internal server error');
  if (fault?.kind === 'deny') return failure(403, 'ForbiddenException', 'No access');
  const token = request.headers['x-amz-sso_bearer_token'];
  if (typeof token !== 'string' || !signIns.isValid(token)) {
    return failure(401, 'UnauthorizedException', 'Session token not found or invalid');
  }
  if (operation === 'Logout') {
    signIns.end(token);
    return json(200, {});
  }
  const { accounts } = plan.identityCenter;
  if (operation === 'ListAccounts') {
    return page(accounts, searchParams, 'accountList', ({ id, name }) => ({
      accountId: id,
      accountName: name,
      emailAddress: `${name}@acme.example`,
    }));
  }
  const accountId = searchParams.get('account_id');
  const account = accounts.find(({ id }) => id === accountId);
  if (account === undefined) return failure(403, 'ForbiddenException', 'No access');
  if (operation === 'ListAccountRoles') {
    return page(account.roles, searchParams, 'roleList', ({ name }) => ({ roleName: name, accountId }));
  }
  const role = account.roles.find(({ name }) => name === searchParams.get('role_name'));
  if (role === undefined) return failure(403, 'ForbiddenException', 'No access');
  const { accessKeyId, secretAccessKey, sessionToken } = keyring.issueSession(account.id, {
    role: `AWSReservedSSO_${role.name}_0123456789abcdef`,
    mayUseEks: role.eks,
  });
  return json(200, {
    roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration: Date.now() + 3_600_000 },
  });
}

function page<T>(
  all: readonly T[],
  query: URLSearchParams,
  key: 'accountList' | 'roleList',
  shape: (one: T) => object,
): LoopbackAnswer {
  const size = Number(query.get('max_result') ?? pageSize);
  if (!Number.isInteger(size) || size < 1 || size > pageSize) {
    return failure(400, 'InvalidRequestException', `max_result must be between 1 and ${pageSize}`);
  }
  const token = query.get('next_token');
  const start = token === null ? 0 : Number(Buffer.from(token, 'base64').toString());
  if (!Number.isInteger(start)) return failure(400, 'InvalidRequestException', 'Invalid next token');
  const end = start + size;
  return json(200, {
    [key]: all.slice(start, end).map(shape),
    nextToken: end < all.length ? Buffer.from(String(end)).toString('base64') : null,
  });
}

function failure(statusCode: number, code: string, message: string): LoopbackAnswer & { kind: 'answer' } {
  const answer = json(statusCode, { message, __type: `com.amazonaws.switchboard.portal#${code}` });
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': code } };
}

function json(statusCode: number, body: object): LoopbackAnswer & { kind: 'answer' } {
  const headers = { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID() };
  return { kind: 'answer', statusCode, headers, body: JSON.stringify(body) };
}
