/** Sources of clusters. Separate from the schema, which the command line does not load. */
export const sources = ['eks', 'gke', 'aks', 'vault', 'file'] as const;

/** The sources as users know them. */
export const sourceTitles = { eks: 'EKS', gke: 'GKE', aks: 'AKS', vault: 'On-prem', file: 'File' } as const;
