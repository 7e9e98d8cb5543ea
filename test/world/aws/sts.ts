import { randomUUID } from 'node:crypto';
import type { LoopbackAnswer, LoopbackRequest } from '../loopback-server.ts';
import type { Fault } from '../traffic.ts';
import type { Authentication } from './authentication.ts';
import type { Caller, Keyring, SessionCredentials } from './keyring.ts';

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** The `Action` of a query-protocol request: in the form of a POST, in the query of a presigned GET. */
export function stsAction(request: LoopbackRequest): string {
  const form = request.method === 'POST' ? request.body.toString() : (request.target.split('?', 2)[1] ?? '');
  return new URLSearchParams(form).get('Action') ?? '';
}

/** Answers one call of the Security Token Service (query protocol): XML, or JSON where the caller accepts that. */
export function answerSts(options: {
  readonly request: LoopbackRequest;
  readonly authentication: Authentication;
  readonly fault: Fault['does'] | undefined;
  readonly keyring: Keyring;
}): LoopbackAnswer {
  const { request, authentication, fault, keyring } = options;
  const json = request.headers.accept === 'application/json';
  const fail = (statusCode: number, code: string, message: string) =>
    json ? jsonError({ statusCode, code, message }) : xmlError({ statusCode, code, message });

  if (fault?.kind === 'drop') return { kind: 'drop' };
  if (fault?.kind === 'throttle') return fail(400, 'Throttling', 'Rate exceeded');
  if (fault?.kind === 'error') return fail(500, 'InternalFailure', 'An internal error occurred.');
  if (authentication.status === 'refused') {
    const codes = {
      missing: 'MissingAuthenticationToken',
      unknown: 'InvalidClientTokenId',
      signature: 'SignatureDoesNotMatch',
      expired: 'ExpiredToken',
    };
    return fail(403, codes[authentication.kind], authentication.message);
  }
  const action = stsAction(request);
  if (fault?.kind === 'deny') {
    return fail(
      403,
      'AccessDenied',
      `User: ${authentication.caller.arn} is not authorized to perform: sts:${action} with an explicit deny in a service control policy`,
    );
  }
  if (action === 'AssumeRole') {
    const form = new URLSearchParams(request.body.toString());
    const [, account, role] = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(form.get('RoleArn') ?? '') ?? [];
    if (account === undefined || role === undefined) {
      return fail(400, 'ValidationError', `${form.get('RoleArn')} is invalid`);
    }
    // Their trust policies ask for aws:MultiFactorAuthPresent.
    if (role.startsWith('Mfa') && authentication.caller.hasMfa !== true)
      return fail(
        403,
        'AccessDenied',
        `${authentication.caller.arn} is not authorized to perform: sts:AssumeRole`,
      );
    if ('x-amz-security-token' in request.headers && Number(form.get('DurationSeconds')) > 3_600)
      return fail(
        400,
        'ValidationError',
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
      );
    return xmlAssumed(keyring, account, role);
  }
  const form = new URLSearchParams(request.body.toString());
  if (action === 'GetSessionToken' && form.has('SerialNumber')) {
    const { account } = authentication.caller;
    const session = keyring.takeCode(account, form.get('SerialNumber') ?? '', form.get('TokenCode') ?? '');
    if (session === undefined)
      return fail(
        403,
        'AccessDenied',
        'MultiFactorAuthentication failed with invalid MFA one time pass code.',
      );
    return xmlSession('GetSessionToken', session);
  }
  if (action !== 'GetCallerIdentity') {
    return fail(400, 'InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
  }
  return json ? jsonIdentity(authentication.caller) : xmlIdentity(authentication.caller);
}

function xmlIdentity(caller: Caller): LoopbackAnswer {
  const requestId = randomUUID();
  return xml(
    200,
    requestId,
    `<GetCallerIdentityResponse xmlns="${namespace}">
  <GetCallerIdentityResult>
    <Arn>${caller.arn}</Arn>
    <UserId>${caller.userId}</UserId>
    <Account>${caller.account}</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>${requestId}</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
`,
  );
}

/** Whoever may call STS here may assume every role that asks for no MFA. */
function xmlAssumed(keyring: Keyring, account: string, role: string): LoopbackAnswer {
  const session = keyring.issueSession(account, { role, mayUseEks: true });
  const user = `
    <AssumedRoleUser>
      <AssumedRoleId>AROAWORLD${account.slice(1)}:ada@acme.example</AssumedRoleId>
      <Arn>arn:aws:sts::${account}:assumed-role/${role}/ada@acme.example</Arn>
    </AssumedRoleUser>`;
  return xmlSession('AssumeRole', session, user);
}

function xmlSession(action: string, session: SessionCredentials, user = ''): LoopbackAnswer {
  const requestId = randomUUID();
  return xml(
    200,
    requestId,
    `<${action}Response xmlns="${namespace}">
  <${action}Result>${user}
    <Credentials>
      <AccessKeyId>${session.accessKeyId}</AccessKeyId>
      <SecretAccessKey>${session.secretAccessKey}</SecretAccessKey>
      <SessionToken>${session.sessionToken}</SessionToken>
      <Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration>
    </Credentials>
  </${action}Result>
  <ResponseMetadata>
    <RequestId>${requestId}</RequestId>
  </ResponseMetadata>
</${action}Response>
`,
  );
}

function jsonIdentity(caller: Caller): LoopbackAnswer {
  const RequestId = randomUUID();
  return json(200, RequestId, {
    GetCallerIdentityResponse: {
      GetCallerIdentityResult: { Account: caller.account, Arn: caller.arn, UserId: caller.userId },
      ResponseMetadata: { RequestId },
    },
  });
}

interface StsError {
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
}

function xmlError({ statusCode, code, message }: StsError): LoopbackAnswer {
  const requestId = randomUUID();
  const text = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return xml(
    statusCode,
    requestId,
    `<ErrorResponse xmlns="${namespace}">
  <Error>
    <Type>${errorType(statusCode)}</Type>
    <Code>${code}</Code>
    <Message>${text}</Message>
  </Error>
  <RequestId>${requestId}</RequestId>
</ErrorResponse>
`,
  );
}

function jsonError({ statusCode, code, message }: StsError): LoopbackAnswer {
  const RequestId = randomUUID();
  const error = { Code: code, Message: message, Type: errorType(statusCode) };
  return json(statusCode, RequestId, { Error: error, RequestId });
}

function errorType(statusCode: number): 'Sender' | 'Receiver' {
  return statusCode < 500 ? 'Sender' : 'Receiver';
}

function xml(statusCode: number, requestId: string, body: string): LoopbackAnswer {
  const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': requestId };
  return { kind: 'answer', statusCode, headers, body };
}

function json(statusCode: number, requestId: string, body: object): LoopbackAnswer {
  const headers = { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
  return { kind: 'answer', statusCode, headers, body: JSON.stringify(body) };
}
