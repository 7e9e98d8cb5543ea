/**
 * Returns true if a browser may open for the caller. Returns false if `K8S_TUNNELS_NO_BROWSER` is set in the opening
 * process, if the caller sees no browser (`browser` is false), or if KUBERNETES_EXEC_INFO (`execInfo`) says that
 * kubectl runs without a terminal. Without `execInfo`, the user runs the command directly.
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

/** Calls `mayOpenBrowser` with only the environment known. */
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
