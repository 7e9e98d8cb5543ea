import { defaultPlan, type Plan, type VaultSecret } from '../world/plan.ts';

/** The API servers run as so many servers, each of which is restarted as one. */
export const groups = 10;

/** Which server a cluster's API runs on: both kinds of origin are on each. */
export function groupOf(index: number): number {
  return Math.floor(index / 2) % groups;
}

/** `count` clusters in Vault, half behind a tcp origin and half behind a SOCKS one, and their Access applications. */
export function soakPlan(count: number): Plan {
  const clusters = Array.from({ length: count }, (_, index) => {
    const name = `c${String(index).padStart(3, '0')}`;
    return { name, hostname: `${name}.k8s.acme.example`, origin: index % 2 === 0 ? 'tcp' : 'socks' } as const;
  });
  const secrets = clusters.map(
    ({ name, hostname, origin }): VaultSecret => ({
      path: `soak/${name}`,
      name,
      server: `https://${name}.kube.internal:6443`,
      customMetadata: {
        'k8s-tunnels-hostname': hostname,
        ...(origin === 'tcp' ? { 'k8s-tunnels-origin': 'tcp' } : {}),
      },
      holds: 'token',
    }),
  );
  return {
    ...defaultPlan,
    vault: { ...defaultPlan.vault, secrets, others: [], emptyFolders: [], deniedFolders: [] },
    applications: clusters.map(({ hostname, origin }) => ({ hostname, origin })),
    appTokenSeconds: 86_400,
    orgTokenSeconds: 604_800,
  };
}
