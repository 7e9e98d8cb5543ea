import type { OrganisationView } from '../model/organisation-view.ts';
import type { PublishedCatalogView } from '../model/published-catalog-view.ts';
import { table } from './table.ts';
import { printable } from './terminal.ts';

/** Lists, for each provider, the command that makes its clusters discoverable on a computer without any set-up. */
export function nothingFoundLines(
  organisation: OrganisationView | undefined,
  catalog?: PublishedCatalogView,
): readonly string[] {
  // No session of a cloud would change that.
  if (catalog?.mode === 'only')
    return [
      `No clusters found: the catalog of ${printable(organisation?.name ?? 'your organisation')} lists none for you.`,
      ...(catalog.error === undefined
        ? []
        : [printable(`${catalog.error.message} ${catalog.error.hint ?? ''}`)]),
    ];
  const off = new Set<string>(organisation?.off);
  // Its addresses are those of its configuration.
  const isSetUp = organisation !== undefined;
  const ways = [
    [
      'eks',
      'AWS',
      isSetUp
        ? 'k8s-tunnels login aws'
        : 'k8s-tunnels login aws https://acme.awsapps.com/start --region eu-west-1',
    ],
    ['gke', 'Google Cloud', 'gcloud auth application-default login'],
    ['aks', 'Azure', 'k8s-tunnels login azure'],
    [
      'vault',
      'Vault',
      isSetUp ? 'k8s-tunnels login vault' : 'VAULT_ADDR=https://vault.acme.example k8s-tunnels login vault',
    ],
    ['file', 'a cluster file', 'k8s-tunnels settings clusterFiles ~/clusters.yaml'],
  ] as const;
  return [
    'No clusters found. Sign in to discover them:',
    ...table(
      [
        ...(!isSetUp ? [['your organisation', 'k8s-tunnels setup acme.example']] : []),
        ...ways.flatMap(([source, title, how]) => (off.has(source) ? [] : [[title, how]])),
      ],
      '  ',
    ),
  ];
}
