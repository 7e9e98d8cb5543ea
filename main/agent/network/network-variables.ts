import type { Environment } from '../parts.ts';

/** Read once, when an agent starts; its tunnels keep them. */
const proxies = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const;
const authorities = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'AWS_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
] as const;

/** Returns the variables that decide how hosts are reached, for display: without the passwords of proxies. */
export function networkVariables(env: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...proxies, ...authorities].flatMap((name) => {
      // The lower-case name counts first, as in `proxyRoutes`.
      const value = env[name.toLowerCase()] || env[name] || '';
      return value === '' ? [] : [[name, withoutLogin(value)]];
    }),
  );
}

/** Returns what differs between an agent and a shell: the values of both, undefined where one has none. */
export function differences(
  agent: Readonly<Record<string, string>>,
  shell: Readonly<Record<string, string>>,
): readonly {
  readonly name: string;
  readonly agent: string | undefined;
  readonly shell: string | undefined;
}[] {
  return [...proxies, ...authorities]
    .filter((name) => agent[name] !== shell[name])
    .map((name) => ({ name, agent: agent[name], shell: shell[name] }));
}

function withoutLogin(value: string): string {
  const scheme = value.indexOf('://');
  const from = scheme < 0 ? 0 : scheme + 3;
  const at = value.lastIndexOf('@');
  return at < from ? value : `${value.slice(0, from)}${value.slice(at + 1)}`;
}
