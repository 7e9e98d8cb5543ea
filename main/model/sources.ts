/** Sources of clusters. Separate from the schema, which the command line does not load. */
export const sources = ['eks', 'gke', 'aks', 'vault', 'file'] as const;
