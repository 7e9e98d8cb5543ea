import { AppError } from '../../model/app-error.ts';
import type { Consent } from '../../model/consent.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { hasTerminal, paint, printable } from '../terminal.ts';
import { type LoginFlags, runLogin } from './login.ts';

export interface AllowFlags extends LoginFlags {
  /** A cluster. */
  readonly allow: string;
  readonly yes?: true;
}

/** Allows a cluster's API server to receive the user's ID token, and signs in to its issuer if needed. */
export async function runAllow(
  session: Session,
  provider: string | undefined,
  name: string | undefined,
  { allow: cluster, ...flags }: AllowFlags,
): Promise<number> {
  if (provider !== 'oidc' || name !== undefined)
    throw new AppError('bad-input', '--allow works only with `k8s-tunnels login oidc`, without a session.', {
      hint: 'Run `k8s-tunnels login oidc --allow CLUSTER`: the cluster names its issuer.',
    });
  const { client, json, progress, orInterrupted } = session;
  const { consent } = await orInterrupted(client.call('consent', { cluster }));
  progress.end();
  if (consent === undefined)
    throw new AppError('bad-input', `${cluster} does not use an ID token. There is nothing to allow.`);
  if (!consent.allowed) {
    if (flags.yes !== true && !canAsk(session))
      throw new AppError('bad-input', `Allowing ${consent.title} needs a confirmation.`, {
        hint: 'Run the command in a terminal, or add --yes.',
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
      `${paint('green', '✓')} ${printable(consent.title)} receives your ID token from ${printable(consent.session)}`,
    ]);
  return exitCodes.ok;
}

/** Returns true if the command can ask the user in a terminal. */
export function canAsk({ json }: Pick<Session, 'json'>): boolean {
  return !json && hasTerminal();
}

/** Shows what the consent allows, and asks the user. */
export async function askConsent(consent: Consent): Promise<boolean> {
  writeAside(consentLines(consent));
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({
    message: `Let ${printable(consent.title)} receive your ID token?`,
    active: 'Allow',
    inactive: 'No',
    initialValue: false,
  });
  return answer === true;
}

/** Describes what the consent allows, as lines for a terminal. */
export function consentLines(consent: Consent): readonly string[] {
  const { title, server, serverName, authority, issuer, clientId, changed } = consent;
  const facts = [
    ['API server', serverName === undefined ? server : `${server} (${serverName})`],
    ['Certificate authority', authority === undefined ? "this computer's" : `SHA-256 ${authority}`],
    ['Issuer', issuer],
    ['Client', clientId],
  ] as const;
  return [
    changed
      ? `The certificate authority or TLS server name of ${printable(title)} has changed since you allowed it.`
      : `${printable(title)} requests your ID token. Its API server can act as you wherever the token is accepted.`,
    ...facts.map(([name, value]) => `  ${name}: ${printable(value)}`),
  ];
}
