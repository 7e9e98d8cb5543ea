export const licencesText = {
  title: 'Licences',
  parts: 'What k8s-tunnels is made of',
  part: (name: string, version: string) => `${name} ${version}`,
  chromium: 'Electron’s Chromium has its own, in a file beside the app.',
  unread: 'The licences could not be read. They are in the folder licences of the app.',
  close: 'Close',
} as const;
