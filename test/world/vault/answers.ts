import { randomUUID } from 'node:crypto';
import type { LoopbackAnswer } from '../loopback-server.ts';
import type { VaultToken } from './tokens.ts';

/** A successful answer of a secrets engine or the token store, in Vault's envelope. */
export function answerData(
  data: object,
  more: { readonly mount_type: 'kv' | 'token' | 'system' },
): LoopbackAnswer {
  return json(200, envelope(data, null, more.mount_type));
}

/** A sign-in that succeeded. */
export function answerAuth(token: VaultToken): LoopbackAnswer {
  return json(200, {
    ...envelope(null, null, ''),
    auth: {
      client_token: token.id,
      accessor: token.accessor,
      policies: token.policies,
      token_policies: token.policies,
      metadata: { role: 'people' },
      lease_duration: token.ttl,
      renewable: true,
      entity_id: token.entityId,
      token_type: 'service',
      orphan: true,
      mfa_requirement: null,
      num_uses: 0,
    },
  });
}

/** A 404 that is only told by a warning, not an error: Vault's answer to a v1 path on a v2 mount. */
export function answerWarning(warning: string): LoopbackAnswer {
  return json(404, envelope(null, [warning], 'kv'));
}

export function answerHealth(): LoopbackAnswer {
  return json(200, {
    initialized: true,
    sealed: false,
    standby: false,
    performance_standby: false,
    replication_performance_mode: 'disabled',
    replication_dr_mode: 'disabled',
    server_time_utc: Math.floor(Date.now() / 1000),
    version: '1.19.0',
    cluster_name: 'vault-cluster-world',
    cluster_id: '8ac8fa5b-3a6a-4d0b-8c4c-2d8f4f5f0c11',
  });
}

/** 403 without a token, or with one whose policies do not reach; both texts are Vault's own. */
export const permissionDenied = failure(403, 'permission denied');
export const policyDenied = failure(403, '1 error occurred:\n\t* permission denied\n\n');
/** 403 to a token that was revoked, ended or never was, as current versions word it. */
export const invalidToken = failure(403, '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n');
/** 404 for an empty folder as for a path that is not there. */
export const notFound = failure(404);

export function failure(
  statusCode: number,
  ...errors: readonly string[]
): LoopbackAnswer & { kind: 'answer' } {
  return json(statusCode, { errors });
}

function envelope(data: object | null, warnings: readonly string[] | null, mount_type: string): object {
  return {
    request_id: randomUUID(),
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data,
    wrap_info: null,
    warnings,
    auth: null,
    mount_type,
  };
}

function json(statusCode: number, body: object): LoopbackAnswer & { kind: 'answer' } {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { kind: 'answer', statusCode, headers, body: `${JSON.stringify(body)}\n` };
}
