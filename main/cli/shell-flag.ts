import { AppError } from '../model/app-error.ts';
import { type Shell, shellOf, shells } from '../model/shell-word.ts';

/** Which shell commands are printed for: the flag's, else this computer's. Throws `bad-input` for another word. */
export function shellFrom(flag: string | undefined): Shell {
  if (flag === undefined) return shellOf(process.platform);
  const shell = shells.find((one) => one === flag);
  if (shell !== undefined) return shell;
  throw new AppError('bad-input', `--shell is "${flag}", which is not a shell it knows.`, {
    hint: `The shells are ${shells.join(', ')}.`,
  });
}
