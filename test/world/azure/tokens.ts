import { randomBytes, randomUUID } from 'node:crypto';
import { importPKCS8, importSPKI, jwtVerify, SignJWT } from 'jose';
import { givenOut } from '../given-out.ts';
import { rsaKeys } from '../stored.ts';

/** Who a token of Microsoft Entra stands for. */
export interface EntraCaller {
  readonly tenant: string;
  /** A person's address or an application's id. */
  readonly name: string;
  readonly objectId: string;
}

interface Refresh {
  readonly name: string;
  /** Tenants in which it was signed in with a second factor. */
  readonly strongIn: Set<string>;
  /** Tenants whose claims challenge it has answered. */
  readonly answeredIn: Set<string>;
}

export interface EntraTokens {
  issue(caller: EntraCaller, audience: string): Promise<string>;
  /** Who somebody is, for the application that asked. */
  issueId(caller: EntraCaller, application: string): Promise<string>;
  /** The caller of a token for that audience; undefined where it does not hold, `challenged` where it is withdrawn. */
  verify(token: string, audience: string): Promise<EntraCaller | 'challenged' | undefined>;
  /** As `az login` gets it; signed in with a second factor in the tenants named. */
  issueRefresh(name: string, strongIn?: readonly string[], answeredIn?: readonly string[]): string;
  refresh(token: string): Refresh | 'ended' | 'revoked' | undefined;
  /** Nobody has used it for 90 days. */
  endRefreshes(): void;
  /** Continuous access evaluation: what was issued for a tenant so far is not good enough any more. */
  challenge(tenant: string): void;
}

export const tokenSeconds = 3_599;

export async function createEntraTokens(): Promise<EntraTokens> {
  const pem = await rsaKeys();
  const publicKey = await importSPKI(pem.publicKey, 'RS256');
  const privateKey = await importPKCS8(pem.privateKey, 'RS256');
  const withdrawn = new Map<string, Set<string>>();
  const issued = new Map<string, Set<string>>();
  const refreshes = new Map<string, Refresh>();
  const ended = new Set<string>();
  const revoked = new Set<string>();
  return {
    async issue({ tenant, name, objectId }, audience) {
      const uti = randomUUID();
      issued.set(tenant, (issued.get(tenant) ?? new Set()).add(uti));
      const token = await new SignJWT({
        tid: tenant,
        oid: objectId,
        unique_name: name,
        uti,
        ver: '1.0',
        xms_cc: ['cp1'],
      })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'world' })
        .setIssuer(`https://sts.windows.net/${tenant}/`)
        .setAudience(audience)
        .setIssuedAt()
        .setNotBefore('0s')
        .setExpirationTime(`${tokenSeconds}s`)
        .sign(privateKey);
      return givenOut(token, 'access token of Entra');
    },
    issueId: ({ tenant, name, objectId }, application) =>
      new SignJWT({ tid: tenant, oid: objectId, sub: objectId, preferred_username: name, name, ver: '2.0' })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'world' })
        .setIssuer(`https://login.microsoftonline.com/${tenant}/v2.0`)
        .setAudience(application)
        .setIssuedAt()
        .setNotBefore('0s')
        .setExpirationTime('1h')
        .sign(privateKey),
    async verify(token, audience) {
      try {
        const { payload } = await jwtVerify(token, publicKey, { audience });
        const tenant = String(payload.tid);
        if (withdrawn.get(tenant)?.has(String(payload.uti)) === true) return 'challenged';
        return { tenant, name: String(payload.unique_name), objectId: String(payload.oid) };
      } catch {
        return undefined;
      }
    },
    issueRefresh(name, strongIn = [], answeredIn = []) {
      const token = givenOut(`1.${randomBytes(32).toString('base64url')}`, 'refresh token of Entra');
      refreshes.set(token, { name, strongIn: new Set(strongIn), answeredIn: new Set(answeredIn) });
      return token;
    },
    refresh(token) {
      if (revoked.has(token)) return 'revoked';
      return ended.has(token) ? 'ended' : refreshes.get(token);
    },
    endRefreshes() {
      for (const token of refreshes.keys()) ended.add(token);
    },
    challenge(tenant) {
      withdrawn.set(tenant, new Set([...(withdrawn.get(tenant) ?? []), ...(issued.get(tenant) ?? [])]));
      for (const token of refreshes.keys()) revoked.add(token);
    },
  };
}
