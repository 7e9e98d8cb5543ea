import { duration } from '../../main/model/wording.ts';
import { isolated } from '../text/isolated.ts';

export const footerText = {
  session: (ms: number) => `${duration(ms)}`,
  sessionLeft: (email: string, domain: string, ms: number) =>
    `${email}, signed in to ${domain} for ${duration(ms)}`,
  someone: 'Signed in',
  signedOut: 'Not signed in',
  ended: 'Session ended',
  endedOf: (domain: string) => `Your session at ${domain} has ended. Sign in again.`,
  others: (count: number) => `+${count}`,
  kubectl: 'kubectl uses',
  none: 'no context',
  notOurs: 'not ours',
  limit: (left: string) => `${left} left`,
  limitLong: (left: string, back: string | undefined) =>
    back === undefined
      ? `No current context in ${left}, as before`
      : `Switches back to ${isolated(back)} in ${left}`,
  menuEmpty: 'Connect a cluster to use it in kubectl',
  confirm: {
    title: (title: string) => `Use ${title}?`,
    body: 'It is a production cluster: from then on, every kubectl command without a context goes to it.',
    limited: (minutes: number) => `For ${minutes} minutes`,
    yes: 'Use production',
    no: 'Cancel',
  },
  consent: {
    title: (title: string) => `Let ${isolated(title)} receive your id token?`,
    body: 'Its API server can use the token as you wherever it is accepted. Allow it if you know this server.',
    changed:
      'Its certificate authority or TLS server name has changed since you allowed it. Ask the cluster owner if you did not expect that.',
    server: 'API server',
    serverName: 'TLS server name',
    authority: 'Certificate authority (SHA-256)',
    computer: 'Those of this computer',
    issuer: 'Issuer',
    client: 'Client',
    yes: 'Allow',
    no: 'Not now',
  },
} as const;
