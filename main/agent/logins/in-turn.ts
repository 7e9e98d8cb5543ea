import { AppError } from '../../model/app-error.ts';
import type { Cluster, Source } from '../../model/cluster.ts';
import type { LoginProviderKind } from '../../model/login-providers.ts';
import { isInBrowser, missingSignIns } from '../../model/next-sign-in.ts';
import type { Access } from '../access/access.ts';
import type { Logins } from './logins.ts';

/** The provider whose session lists a source's clusters and signs in to their API. */
const providerOf: Partial<Record<Source, LoginProviderKind>> = {
  eks: 'aws',
  aks: 'azure',
  gke: 'gcp',
  vault: 'vault',
};

/**
 * Signs in to what these clusters need and the user has no session for, one login in the browser after another: first the
 * providers of the clusters, then their organisations of Cloudflare Access, whose page ends the tab that they share. A
 * login that fails is left to what needs it, which reports it. Ends early, without an error, if the user cancels a login.
 * Rejects with `cancelled` if the signal aborts.
 */
export async function signInInTurn(
  clusters: readonly Pick<Cluster, 'source' | 'account' | 'reach'>[],
  options: {
    readonly access: Pick<Access, 'token' | 'teamOf' | 'serviceToken'>;
    readonly logins: Pick<Logins, 'accounts' | 'login'>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { access, logins, signal } = options;
  /** Resolves with false after a login that the user cancelled. */
  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    const isCancelled = await work().then(
      () => false,
      (error: unknown) => error instanceof AppError && error.code === 'cancelled',
    );
    if (signal.aborted) throw new AppError('cancelled', 'Connecting was cancelled; nothing was changed.');
    return !isCancelled;
  };
  const providers = new Set(clusters.map(({ source }) => providerOf[source]));
  const accounts = await logins.accounts().catch(() => []);
  for (const { provider, session, asks } of missingSignIns(accounts)) {
    if (provider === 'access' || !providers.has(provider) || !isInBrowser(asks)) continue;
    // Each Vault has a session of its own, and its clusters' account begins with its host.
    const isOfThese = clusters.some(
      ({ source, account }) => source === 'vault' && account.startsWith(`${session}/`),
    );
    if (provider === 'vault' && !isOfThese) continue;
    if (!(await attempt(() => logins.login({ provider, session, isFollowed: true, signal })))) return;
  }
  /** One login serves all applications of an organisation. */
  const teams = new Set<string>();
  const hostnames = new Set(clusters.flatMap(({ reach }) => (reach.kind === 'tunnel' ? reach.hostname : [])));
  for (const hostname of hostnames) {
    if (teams.has(access.teamOf(hostname) ?? '')) continue;
    const service = await access.serviceToken(hostname).catch(() => undefined);
    if (service !== undefined) continue;
    if (!(await attempt(() => access.token(hostname, { interactive: true, signal })))) return;
    const team = access.teamOf(hostname);
    if (team !== undefined) teams.add(team);
  }
}
