import { AppError } from '../model/app-error.ts';
import { type Shell, shellOf, shells } from '../model/shell-word.ts';
import { listed } from '../model/wording.ts';

/**
 * Returns the shell to print commands for: the flag's, or this computer's default. Throws `bad-input` for an unknown
 * shell.
 */
export function shellFrom(flag: string | undefined): Shell {
  if (flag === undefined) return shellOf(process.platform);
  const shell = shells.find((one) => one === flag);
  if (shell !== undefined) return shell;
  throw new AppError('bad-input', `--shell is "${flag}", which is not a supported shell.`, {
    hint: `The shells are ${listed(shells)}.`,
  });
}

/** The option of commands that print shell commands. */
export const shellOption = [
  '--shell <shell>',
  `Quote printed commands for this shell: ${shells.join(', ')} (default: this computer's)`,
] as const;
