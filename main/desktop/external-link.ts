import { shell } from 'electron';

/** Opens a web address in the person's browser. Anything else that a page may name (a file, a program) is not opened. */
export async function openExternalLink(url: string): Promise<void> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '') return;
  await shell.openExternal(parsed.href);
}
