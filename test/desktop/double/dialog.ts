import { onlyKnown } from './strict.ts';

export interface MessageBox {
  readonly message: string;
  readonly buttons: readonly string[];
}

/** What was asked and waits for the test's answer. */
export const asked: { readonly box: MessageBox; answer(response: number): void }[] = [];

export const dialog = {
  showMessageBox(options: MessageBox): Promise<{ response: number }> {
    onlyKnown(
      options,
      ['type', 'message', 'detail', 'buttons', 'defaultId', 'cancelId', 'signal'],
      'a message box',
    );
    return new Promise((resolve) => {
      asked.push({ box: options, answer: (response) => resolve({ response }) });
    });
  },
};
