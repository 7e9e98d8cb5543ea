import type { Cluster, CredentialSource } from '../../model/cluster.ts';

/** What kubectl is given, apart from its envelope. `expiresAt` is ms since the epoch. */
export type Credential =
  | { readonly kind: 'token'; readonly token: string; readonly expiresAt: number | undefined }
  | {
      readonly kind: 'client-certificate';
      /** Both PEM. */
      readonly certificate: string;
      readonly key: string;
      readonly expiresAt: number | undefined;
    };

/**
 * An API server as kubectl knows it: where it is, and what proves that it is the one. Whoever writes a secret or a list
 * of clusters could otherwise keep the address and name an authority and a tunnel of their own.
 */
export interface ApiServer {
  readonly server: string;
  readonly serverName?: string | undefined;
  /** Base64 of PEM. */
  readonly certificateAuthorityData?: string | undefined;
}

/** Makes the credentials of all clusters whose credential source is of its kind. */
export interface CredentialProvider {
  readonly kind: CredentialSource['kind'];
  /**
   * Finds out whose credential it would be; `request.source` is of `kind`. Rejects where nobody is signed in, or the API
   * server may not receive it.
   */
  prepare(request: CredentialRequest): Promise<PreparedCredential>;
}

/** The provider of one kind, which needs to know no other. */
export interface CredentialProviderOf<Kind extends CredentialSource['kind']> {
  readonly kind: Kind;
  prepare(
    request: CredentialRequest & { readonly source: Extract<CredentialSource, { readonly kind: Kind }> },
  ): Promise<PreparedCredential>;
}

interface CredentialRequest {
  readonly source: CredentialSource;
  readonly cluster: Cluster;
  /** The API server that kubectl is about to use; that of the cluster where undefined. */
  readonly server?: ApiServer | undefined;
}

/** How a credential is made, and a value that changes as soon as it would be another user's or nobody's. */
export interface PreparedCredential {
  /** Undefined where what is made is not kept, but only shared by those who ask at the same time. */
  readonly identity: unknown;
  make(): Promise<Credential>;
}
