import type { Cluster, CredentialSource } from '../../model/cluster.ts';
import type { CredentialIdentity } from '../../model/credential-identity.ts';

/** The credential for kubectl, without its envelope. `expiresAt` is ms since the epoch. */
export type Credential =
  | {
      readonly kind: 'token';
      readonly token: string;
      readonly expiresAt: number | undefined;
      readonly identity?: CredentialIdentity;
    }
  | {
      readonly kind: 'client-certificate';
      /** Both PEM. */
      readonly certificate: string;
      readonly key: string;
      readonly expiresAt: number | undefined;
    };

/**
 * An API server as kubectl knows it: its address and its proof of identity. An attacker who can write a secret or a
 * cluster list could otherwise keep the address and name their own CA certificate and tunnel.
 */
export interface ApiServer {
  readonly server: string;
  readonly serverName?: string | undefined;
  /** Base64 of PEM. */
  readonly certificateAuthorityData?: string | undefined;
}

/** Makes the credentials of all clusters whose credential source has this kind. */
export interface CredentialProvider {
  readonly kind: CredentialSource['kind'];
  /**
   * Finds out whose credential it would be; `request.source` has this `kind`. Rejects if nobody is signed in, or if the
   * API server must not receive it.
   */
  prepare(request: CredentialRequest): Promise<PreparedCredential>;
}

/** The provider of one kind, which does not need the types of the others. */
export interface CredentialProviderOf<Kind extends CredentialSource['kind']> {
  readonly kind: Kind;
  prepare(
    request: CredentialRequest & { readonly source: Extract<CredentialSource, { readonly kind: Kind }> },
  ): Promise<PreparedCredential>;
}

interface CredentialRequest {
  readonly source: CredentialSource;
  readonly cluster: Cluster;
  /** The API server that kubectl is about to use; undefined: the cluster's own. */
  readonly server?: ApiServer | undefined;
}

/** How a credential is made, and an identity that changes when it would belong to another user or to nobody. */
export interface PreparedCredential {
  /** Undefined: not cached, only shared by concurrent callers. */
  readonly identity: unknown;
  make(): Promise<Credential>;
}
