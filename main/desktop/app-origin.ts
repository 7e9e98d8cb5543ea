/** The scheme of the window's page. */
export const scheme = 'app';
export const origin = `${scheme}://k8s-tunnels`;

/** The id by which Windows groups the app's notifications and windows. Packages use the same one. */
export const appId = 'io.github.k8s-tunnels';
