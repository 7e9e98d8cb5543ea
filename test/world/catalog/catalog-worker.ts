import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { givenOut } from '../given-out.ts';
import { type RunningWorker, startWorker } from '../worker.ts';
import type { AccessTeam } from './access-team.ts';

export interface CatalogWorker extends RunningWorker {
  /** The secret of the publisher. */
  readonly secret: string;
  /** PKCS #8 in base64. */
  readonly privateKey: string;
  /** 32 bytes in base64. */
  readonly publicKey: string;
}

/** The real Worker in workerd with a catalog, which trusts the assertions of the team. */
export async function startCatalogWorker(
  team: Pick<AccessTeam, 'name' | 'audience' | 'outbound'>,
  bindings: Readonly<Record<string, string>> = {},
): Promise<CatalogWorker> {
  const pair = generateKeyPairSync('ed25519');
  const secret = givenOut(randomBytes(24).toString('base64url'), 'the secret of the catalog');
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const worker = await startWorker({
    namespaces: ['CATALOG'],
    outbound: team.outbound,
    bindings: {
      PUBLISH_SECRET: secret,
      ACCESS_TEAM: team.name,
      ACCESS_AUDIENCE: team.audience,
      CATALOG_PUBLIC_KEY: publicKey,
      ...bindings,
    },
  });
  return { ...worker, secret, publicKey, privateKey: givenOut(privateKey, "the catalog's key") };
}
