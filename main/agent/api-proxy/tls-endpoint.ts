import type { ReadOnly } from '../../model/read-only.ts';

/** What an entry of form `tls` says. */
export interface TlsEndpoint {
  readonly port: number;
  /** PEM in base64. */
  readonly certificateAuthorityData: string;
  /** The bearer token. */
  readonly secret: string;
  /** When it expires, ms since the epoch. */
  readonly until: number;
}

/** A separate kubeconfig, which others than the user's clients read. */
export interface SeparateFile {
  /** Its absolute path. */
  readonly file: string;
  readonly isContainers: boolean;
  readonly readOnly?: ReadOnly | undefined;
  /** How long its secrets are valid at most, ms. */
  readonly lifeMs?: number | undefined;
}
