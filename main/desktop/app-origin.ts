/** Where the window's page lives. */
export const scheme = 'app';
export const origin = `${scheme}://k8s-tunnels`;
