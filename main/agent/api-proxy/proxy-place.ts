/** What an entry of form `tls` says. */
export interface ProxyPlace {
  readonly port: number;
  /** PEM in base64. */
  readonly certificateAuthorityData: string;
  /** The bearer token. */
  readonly secret: string;
  /** When it expires, ms since the epoch. */
  readonly until: number;
}
