/**
 * Whether a browser may be opened for somebody. Not where `K8S_TUNNELS_NO_BROWSER` is set in the environment of who opens
 * it, where the caller sees no browser (`browser` is false), or where KUBERNETES_EXEC_INFO (`execInfo`) says that kubectl
 * runs without a terminal. Without `execInfo` the user runs the command by hand.
 */
export function mayOpenBrowser({
  env,
  browser,
  execInfo,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly browser?: false | undefined;
  readonly execInfo?: string | undefined;
}): boolean {
  return browser !== false && hasBrowser(env) && isInteractive(execInfo);
}

/** `mayOpenBrowser` for who knows no more than the environment. */
export function hasBrowser(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env.K8S_TUNNELS_NO_BROWSER ?? '') === '';
}

function isInteractive(execInfo: string | undefined): boolean {
  try {
    return JSON.parse(execInfo ?? '')?.spec?.interactive !== false;
  } catch {
    return true;
  }
}
