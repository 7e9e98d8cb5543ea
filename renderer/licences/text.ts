export const licencesText = {
  title: 'Licences',
  parts: 'Components of k8s-tunnels',
  part: (name: string, version: string) => `${name} ${version}`,
  chromium: 'The licences of Chromium are in a file beside the app.',
  unread: 'Could not load the licences. They are in the folder licences of the app.',
  close: 'Close',
} as const;
