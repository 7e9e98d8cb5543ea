import type { ErrorCode } from '../../main/model/app-error.ts';

/** Short descriptions of errors; the cluster's page shows the full message. */
const failures: Partial<Record<ErrorCode, string>> = {
  timeout: 'Timed out',
  cancelled: 'Cancelled',
  'network-unreachable': 'Cloudflare unreachable',
  'network-proxy': 'Rejected by the proxy of your network',
  'network-untrusted': 'Certificate of your network not trusted',
  'answer-refused': 'Response too large or not valid',
  'no-tunnel': 'No tunnel configured',
  'connector-refused': 'Connector not allowed by your organisation',
  'connector-unavailable': 'cloudflared not available',
  'access-no-application': 'No Access application for this hostname',
  'access-app-info': 'Could not load the Access application',
  'access-login-needed': 'Sign in again',
  'access-login-failed': 'Sign-in failed',
  'access-login-timeout': 'Sign-in timed out',
  'login-failed': 'Sign-in failed',
  'login-timeout': 'Sign-in timed out',
  'access-denied': 'Denied by Access',
  'access-foreign-team': 'Belongs to another Access team',
  'edge-failed': 'Cloudflare edge rejected the connection',
  'origin-failed': 'Origin unreachable',
  'port-busy': 'Local port in use',
  'port-failed': 'Could not open the local port',
  'kube-untrusted': 'Cluster certificate not trusted',
  'kube-unauthorized': 'Unauthorized by the cluster',
  'kube-unready': 'API server not responding',
  'credential-failed': 'No credentials for the cluster',
};

/** Describes an error briefly enough for a row. */
export function failureText(code: ErrorCode): string {
  return failures[code] ?? 'Failed';
}
