import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { givenOut } from '../given-out.ts';
import { unauthorized } from './status.ts';

export interface User {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Who a bearer token stands for; undefined when nobody. */
export type Authenticate = (token: string) => Promise<User | undefined>;

/** Tokens that the cluster itself has given out, as an on-prem cluster's service accounts have them. */
export class MintedTokens {
  readonly #users = new Map<string, User>();

  mint(user: string, groups: readonly string[]): string {
    const token = givenOut(randomBytes(32).toString('base64url'), 'token of a service account');
    this.#users.set(token, { user, groups });
    return token;
  }

  revoke(token: string): void {
    this.#users.delete(token);
  }

  find(token: string): User | undefined {
    return this.#users.get(token);
  }
}

/**
 * Who is calling: by client certificate, else by bearer token; undefined for a caller that shows neither. Rejects
 * with 401 for credentials that do not hold, on every path, as a real server does.
 */
export async function identify(caller: {
  readonly socket: TLSSocket;
  readonly authorization: string | undefined;
  readonly minted: MintedTokens;
  readonly authenticate: Authenticate;
}): Promise<User | undefined> {
  const { socket, authorization, minted, authenticate } = caller;
  const { subject } = socket.getPeerCertificate();
  if (subject) {
    if (!socket.authorized) throw unauthorized();
    return authenticated({ user: String(subject.CN), groups: [subject.O ?? []].flat() });
  }
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer\s+(\S+)$/i.exec(authorization) ?? [];
  if (token !== undefined) givenOut(token, 'bearer token that a client sent');
  const user = token === undefined ? undefined : (minted.find(token) ?? (await authenticate(token)));
  if (!user) throw unauthorized();
  return authenticated(user);
}

const authenticated = ({ user, groups }: User): User => ({
  user,
  groups: [...new Set([...groups, 'system:authenticated'])],
});
