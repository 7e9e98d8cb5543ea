/**
 * The protocol in the `proxy-url` of a kubeconfig entry. A local port serves both: `socks5` (`socks5://`) and `connect`
 * (HTTP CONNECT, `http://`), which more clients can use with a password. Without zod: the command line has it too.
 */
export const entryForms = ['socks5', 'connect'] as const;
export type EntryForm = (typeof entryForms)[number];
