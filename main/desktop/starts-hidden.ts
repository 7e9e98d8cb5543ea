/** The argument with which the app starts without its window. */
export const hiddenFlag = '--hidden';

/**
 * Returns true if the app starts in the tray, without its window. macOS passes no arguments to an app that it opens at
 * login, but says afterwards that it did (`app.getLoginItemSettings`).
 */
export function startsHidden({
  argv,
  platform,
  wasOpenedAtLogin,
}: {
  readonly argv: readonly string[];
  readonly platform: NodeJS.Platform;
  readonly wasOpenedAtLogin: () => boolean;
}): boolean {
  return argv.includes(hiddenFlag) || (platform === 'darwin' && wasOpenedAtLogin());
}
