import type { Snapshot } from '../model/agent-view.ts';

/** What the tray's picture says. */
export type TrayFace = (
  | { readonly kind: 'idle' | 'busy' | 'attention' }
  | { readonly kind: 'connected'; readonly count: number }
) & {
  /** A production cluster is current. */
  readonly production?: true;
};

/** Something waits for the person before something is under way, before what stands. */
export function trayFace(snapshot: Snapshot | undefined, failed: boolean): TrayFace {
  if (failed) return { kind: 'attention' };
  if (snapshot === undefined) return { kind: 'busy' };
  const { tunnels, logins, discovery, kubectl } = snapshot;
  const marked = kubectl.production ? { production: true as const } : {};
  const has = (...statuses: readonly string[]) =>
    tunnels.some(({ state }) => statuses.includes(state.status));
  if (logins.length > 0 || has('failed')) return { kind: 'attention', ...marked };
  // Only a first discovery is waited for; the others happen beside.
  const isFirst = discovery.status === 'running' && snapshot.clusters.length === 0;
  if (isFirst || has('connecting', 'logging-in', 'reconnecting')) return { kind: 'busy', ...marked };
  const count = tunnels.filter(({ state }) => ['connected', 'degraded'].includes(state.status)).length;
  return count === 0 ? { kind: 'idle', ...marked } : { kind: 'connected', count, ...marked };
}

/** The picture's file in the folder that the build draws. */
export function trayPicture(face: TrayFace, platform: NodeJS.Platform, isDark: boolean): string {
  const sign = face.kind !== 'connected' ? face.kind : face.count > 9 ? 'more' : String(face.count);
  const name = face.production ? `${sign}-production` : sign;
  if (platform === 'darwin') return `${name}Template.png`;
  return platform === 'win32' ? `${name}-on-${isDark ? 'dark' : 'light'}.ico` : `${name}.png`;
}
