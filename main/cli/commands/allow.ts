import { AppError } from '../../model/app-error.ts';
import type { Consent } from '../../model/consent.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeAside, writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { hasTerminal, paint, printable } from '../terminal.ts';
import { type LoginFlags, runLogin } from './login.ts';

export interface AllowFlags extends LoginFlags {
  /** A cluster. */
  readonly allow: string;
  readonly yes?: true;
}

/** Lets a cluster's API server receive the user's id token, and signs in to its issuer where that is needed. */
export async function runAllow(
  session: Session,
  provider: string | undefined,
  name: string | undefined,
  { allow: cluster, ...flags }: AllowFlags,
): Promise<number> {
  if (provider !== 'oidc' || name !== undefined)
    throw new AppError('bad-input', '--allow belongs to `k8s-tunnels login oidc`, with no session named.', {
      hint: 'Run `k8s-tunnels login oidc --allow CLUSTER`: the cluster names its issuer.',
    });
  const { client, json, progress, orInterrupted } = session;
  const { consent } = await orInterrupted(client.call('consent', { cluster }));
  progress.end();
  if (consent === undefined)
    throw new AppError('bad-input', `${cluster} takes no id token: there is nothing to allow.`);
  if (!consent.allowed) {
    if (flags.yes !== true && !canAsk(session))
      throw new AppError('bad-input', `${consent.title} is not allowed without a confirmation.`, {
        hint: 'Run it in a terminal, or add --yes.',
      });
    if (flags.yes !== true && !(await askConsent(consent)))
      throw new AppError('cancelled', 'Nothing was changed.');
    await client.call('allow', { cluster: consent.cluster, digest: consent.digest });
  }
  const { accounts } = await client.call('accounts', {});
  const account = accounts.find((one) => one.provider === 'oidc' && one.session === consent.session);
  if (account?.status !== 'signed-in') return runLogin(session, 'oidc', consent.session, flags);
  if (json) writeJson({ account, consent: { ...consent, allowed: true } });
  else
    writeLines([
      `${paint('green', '✓')} ${printable(consent.title)} receives your id token of ${printable(consent.session)}`,
    ]);
  return exitCodes.ok;
}

/** Whether a question can be asked here. */
export function canAsk({ json }: Pick<Session, 'json'>): boolean {
  return !json && hasTerminal();
}

/** Shows what would be allowed, and asks. */
export async function askConsent(consent: Consent): Promise<boolean> {
  writeAside(consentLines(consent));
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({
    message: `Let ${printable(consent.title)} receive your id token?`,
    active: 'Allow',
    inactive: 'No',
    initialValue: false,
  });
  return answer === true;
}

/** What would be allowed, for a terminal. */
export function consentLines(consent: Consent): readonly string[] {
  const { title, server, serverName, authority, issuer, clientId, changed } = consent;
  const facts = [
    ['API server', serverName === undefined ? server : `${server} (${serverName})`],
    ['Certificate authority', authority === undefined ? 'that of this computer' : `SHA-256 ${authority}`],
    ['Issuer', issuer],
    ['Client', clientId],
  ] as const;
  return [
    changed
      ? `The certificate authority or TLS server name of ${printable(title)} has changed since you allowed it.`
      : `${printable(title)} asks for your id token. Its API server can use it as you wherever it is accepted.`,
    ...facts.map(([name, value]) => `  ${name}: ${printable(value)}`),
  ];
}
