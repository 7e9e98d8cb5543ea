/** Where the window's page lives. */
export const scheme = 'app';
export const origin = `${scheme}://k8s-tunnels`;

/** By which Windows knows whose notifications and windows are whose. Packages are made with the same. */
export const appId = 'io.github.k8s-tunnels';
