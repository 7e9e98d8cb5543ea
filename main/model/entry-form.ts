/**
 * How a kubeconfig entry leads to the API. `socks5` and `connect` are the protocol in its `proxy-url`, both on one local
 * port (`socks5://`, and `http://` for HTTP CONNECT, which more clients can use with a password). `tls` names a local TLS
 * proxy in place of the API server, and a token in place of a plugin: for clients that support neither. Without zod: the
 * command line has it too.
 */
export const entryForms = ['socks5', 'connect', 'tls'] as const;
export type EntryForm = (typeof entryForms)[number];
