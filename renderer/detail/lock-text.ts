import { plural } from '../../main/model/wording.ts';

export const lockText = {
  locked: 'Read-only production',
  lockedHint:
    'The local TLS proxy refuses everything that changes the cluster. Unlock it to write for a time.',
  connectFirst: 'The local TLS proxy refuses everything that changes the cluster. Connect it to unlock it.',
  unlocked: (left: string) => `Unlocked for writing, ${left} left`,
  reason: (reason: string, who: string) => `${reason} (${who})`,
  lock: 'Lock',
  lockTitle: (title: string) => `Lock ${title}`,
  unlock: 'Unlock…',
  unlockTitle: (title: string) => `Unlock ${title} for writing`,
  reasonLabel: 'Reason',
  reasonExample: 'INC-4711: restart the ledger',
  timeLabel: 'For',
  minutes: (minutes: number) => plural(minutes, { one: '# minute', other: '# minutes' }),
  confirm: 'Unlock production',
  cancel: 'Cancel',
  notUnlocked: 'Not unlocked',
  notLocked: (title: string) => `Could not lock ${title}`,
  readOnlyFile: 'read-only',
  makeReadOnly: 'Create a read-only kubeconfig',
  makeReadOnlyFor: (title: string) => `Create a read-only kubeconfig of ${title}`,
  readOnlyHint: (left: string) =>
    `For a script or an AI agent: it reads, without Secrets, and changes nothing. Ends in ${left}, or when you sign out.`,
  copyReadOnly: 'Copy read-only command',
  notMade: 'Could not create it',
} as const;
