/** Where clusters are found. Apart from the schema, which the command line does not load. */
export const sources = ['eks', 'gke', 'aks', 'vault', 'file'] as const;
