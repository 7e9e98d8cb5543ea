import type { Snapshot } from '../model/agent-view.ts';

/** What the tray's icon shows. */
export type TrayFace = (
  | { readonly kind: 'idle' | 'busy' | 'attention' }
  | { readonly kind: 'connected'; readonly count: number }
) & {
  /** The current context is a production cluster, or one is unlocked for writing. */
  readonly production?: true;
};

/** What needs the user comes before work in progress, and that before what is connected. */
export function trayFace(snapshot: Snapshot | undefined, failed: boolean): TrayFace {
  if (failed) return { kind: 'attention' };
  if (snapshot === undefined) return { kind: 'busy' };
  const { tunnels, logins, discovery, kubectl, entryProblems = [], kubeconfigProblems = [] } = snapshot;
  const { unlocks = [] } = snapshot;
  const marked = kubectl.production || unlocks.length > 0 ? { production: true as const } : {};
  const has = (...statuses: readonly string[]) =>
    tunnels.some(({ state }) => statuses.includes(state.status));
  const isBroken = entryProblems.length > 0 || kubeconfigProblems.length > 0;
  if (logins.length > 0 || has('failed') || isBroken) return { kind: 'attention', ...marked };
  // Only the first discovery counts as busy; later ones run in the background.
  const isFirst = discovery.status === 'running' && snapshot.clusters.length === 0;
  if (isFirst || has('connecting', 'logging-in', 'reconnecting')) return { kind: 'busy', ...marked };
  const count = tunnels.filter(({ state }) => ['connected', 'degraded'].includes(state.status)).length;
  return count === 0 ? { kind: 'idle', ...marked } : { kind: 'connected', count, ...marked };
}

/** Returns the icon's file in the folder of built icons. */
export function trayPicture(face: TrayFace, platform: NodeJS.Platform, isDark: boolean): string {
  const sign = face.kind !== 'connected' ? face.kind : face.count > 3 ? 'more' : String(face.count);
  const name = face.production ? `${sign}-production` : sign;
  // macOS colours a template itself, and would take the red away.
  if (platform === 'darwin' && !face.production) return `${name}Template.png`;
  return platform === 'win32' ? `${name}-on-${isDark ? 'dark' : 'light'}.ico` : `${name}.png`;
}
