import type { ErrorCode } from '../../main/model/app-error.ts';

/** What went wrong, short enough for a row. The whole message stands in the detail. */
const failures: Partial<Record<ErrorCode, string>> = {
  timeout: 'No answer in time',
  cancelled: 'Cancelled',
  'network-unreachable': 'The network does not reach Cloudflare',
  'network-proxy': 'The proxy on your network refused',
  'network-untrusted': 'Your network presents a certificate that is not trusted',
  'answer-refused': 'The answer was too large or not valid',
  'no-tunnel': 'No tunnel is set up for it',
  'connector-refused': 'Your organisation does not allow this way',
  'connector-unavailable': 'cloudflared cannot be used',
  'access-no-application': 'Access does not know its host name',
  'access-app-info': 'Access gave no sign-in for it',
  'access-login-needed': 'Sign in again',
  'access-login-failed': 'The sign-in did not work',
  'access-login-timeout': 'The sign-in was not finished in time',
  'login-failed': 'The sign-in did not work',
  'login-timeout': 'The sign-in was not finished in time',
  'access-denied': 'Access refused you',
  'access-foreign-team': 'It belongs to another Access team',
  'edge-failed': 'Cloudflare does not take the connection',
  'origin-failed': 'The tunnel has no way to the cluster',
  'port-busy': 'Its local port is taken',
  'port-failed': 'Its local port could not be opened',
  'kube-untrusted': 'The cluster shows a certificate that is not its own',
  'kube-unauthorized': 'The cluster does not know you',
  'kube-unready': 'The cluster does not answer',
  'credential-failed': 'No credential for the cluster',
};

/** What went wrong, short enough for a row; the whole message is on the cluster's page. */
export function failureText(code: ErrorCode): string {
  return failures[code] ?? 'It did not work';
}
