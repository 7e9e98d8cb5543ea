import type { OrganisationView } from '../model/organisation-view.ts';
import { table } from './terminal.ts';

/** What makes clusters known, for each place where they are looked for, and how to get there from an empty home. */
export function nothingFoundLines(organisation: OrganisationView | undefined): readonly string[] {
  const off = new Set<string>(organisation?.off);
  const ways = [
    ['eks', 'AWS', 'k8s-tunnels login aws https://acme.awsapps.com/start --region eu-west-1'],
    ['gke', 'Google Cloud', 'gcloud auth application-default login'],
    ['aks', 'Azure', 'k8s-tunnels login azure'],
    ['vault', 'Vault', 'VAULT_ADDR=https://vault.acme.example k8s-tunnels login vault'],
    ['file', 'a cluster file', 'k8s-tunnels settings clusterFiles ~/clusters.yaml'],
  ] as const;
  return [
    'No cluster was found. Clusters are looked for where you sign in:',
    ...table(
      [
        ...(organisation === undefined ? [['your organisation', 'k8s-tunnels setup acme.example']] : []),
        ...ways.flatMap(([source, title, how]) => (off.has(source) ? [] : [[title, how]])),
      ],
      '  ',
    ),
  ];
}
