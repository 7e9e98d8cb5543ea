export const releasesText = {
  out: (version: string) => `k8s-tunnels ${version} is out`,
  required: 'Your version is no longer supported.',
  notes: 'What’s new',
  download: 'Download',
  close: 'Close',
  published: (date: string) => `Published ${date}`,
  none: 'No release notes',
} as const;
