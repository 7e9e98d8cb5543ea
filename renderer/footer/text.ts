import { duration, plural } from '../../main/model/wording.ts';
import { isolated } from '../text/isolated.ts';

export const footerText = {
  session: (ms: number) => `${duration(ms)}`,
  sessionLeft: (name: string, ms: number) => `${name}: ${duration(ms)} left`,
  lasts: 'signed in',
  lastsOf: (name: string) => `${name}: signed in`,
  someone: 'Signed in',
  signedOut: 'Signed out',
  signingIn: 'Signing in',
  signInFailed: 'Sign-in failed',
  ended: (count: number) => plural(count, { one: 'Session ended', other: '# sessions ended' }),
  endedOf: (name: string) => `${name}: ended`,
  missing: (name: string) => `${name}: signed out`,
  signIn: 'Sign in',
  signInToAll: 'Sign in to all',
  others: (count: number) => `+${count}`,
  kubectl: 'Current context',
  none: 'no context',
  notOurs: 'other context',
  limit: (left: string) => `${left} left`,
  limitLong: (left: string, back: string | undefined) =>
    back === undefined
      ? `Unsets the current context in ${left}`
      : `Switches back to ${isolated(back)} in ${left}`,
  menuEmpty: 'Connect a cluster to switch to it',
  confirm: {
    title: (title: string) => `Switch the current context to ${title}?`,
    body: 'This is a production cluster. Every kubectl command without --context will run against it.',
    limited: (minutes: number) =>
      plural(minutes, { one: 'Switch for # minute', other: 'Switch for # minutes' }),
    yes: 'Switch to production',
    no: 'Cancel',
  },
  consent: {
    title: (title: string) => `Send your ID token to ${isolated(title)}?`,
    body: 'Its API server can act as you wherever the token is accepted. Allow only a server that you know.',
    changed:
      'Its certificate authority or TLS server name has changed since you allowed it. If you did not expect this, ask the cluster owner.',
    server: 'API server',
    serverName: 'TLS server name',
    authority: 'Certificate authority (SHA-256)',
    computer: 'System certificate store',
    issuer: 'Issuer',
    client: 'Client',
    yes: 'Allow',
    no: 'Not now',
  },
} as const;
