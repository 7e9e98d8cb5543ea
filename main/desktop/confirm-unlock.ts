import { app, dialog } from 'electron';
import type { ConfirmUnlock } from '../api/confirmed-unlock.ts';
import { plainText } from '../model/plain-text.ts';

/** Asks before a command in a terminal, or another program, unlocks a production cluster. Cancel is the default. */
export const confirmUnlock: ConfirmUnlock = async ({ message, reason }, signal) => {
  await app.whenReady();
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    message: 'Unlock production for writing?',
    detail: `${message}\n\nA program on this computer asks for this, with the reason: ${plainText(reason)}`,
    buttons: ['Unlock', 'Cancel'],
    defaultId: 1,
    cancelId: 1,
    signal,
  });
  return response === 0;
};
