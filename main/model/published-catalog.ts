import { z } from 'zod';
import { clusterSchema } from './cluster.ts';

/**
 * The organisation's catalog as `k8s-tunnels publish` signs it, the Worker stores and filters it, and the app verifies
 * it. The private key never leaves the publisher: a Worker that is taken over can withhold clusters, but cannot change,
 * add or roll back one.
 *
 * - A **record** is one cluster, signed with the revision that last changed it.
 * - A **bundle** holds the records of the same audience. Its digest is the SHA-256, in base64url, of its records'
 *   signatures joined by line feeds: a bundle can be neither shortened nor mixed with older records.
 * - The **manifest** signs the root: the SHA-256, in base64url, of all bundles' digests, sorted and joined by line
 *   feeds. An answer has all digests and only the caller's bundles, so it verifies without the records of others, and
 *   the digests, which depend on signatures, tell nothing about them.
 * - The manifest is in the header `k8s-tunnels-manifest` of 200 and 304 (its envelope as JSON, in base64url): a catalog
 *   that did not change stays fresh without being sent again.
 */

/** A signed payload, all in base64: Ed25519 over the bytes of `payload`, which are JSON. */
export const envelopeSchema = z.strictObject({
  payload: z.base64(),
  signature: z.base64(),
  /** The first 16 hex digits of the SHA-256 of the public key's 32 bytes. */
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
});
export type Envelope = z.infer<typeof envelopeSchema>;

const revision = z.int().min(1);
const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** The payload of a record. */
export const catalogRecordSchema = z.strictObject({
  kind: z.literal('cluster'),
  /** The revision that last changed it. */
  revision,
  /**
   * As live discovery finds it, without what belongs to the publisher's own sign-in: `ways` of an EKS credential and
   * `account` of a GKE one, which the app fills in for its user.
   */
  cluster: z.looseObject({ id: clusterSchema.shape.id }),
});
export type CatalogRecord = z.infer<typeof catalogRecordSchema>;

/** The payload of the manifest. */
export const catalogManifestSchema = z.strictObject({
  kind: z.literal('manifest'),
  version: z.literal(1),
  /** Grows with each publication. */
  revision,
  /** ISO 8601, UTC. */
  publishedAt: z.iso.datetime(),
  /** Seconds after `publishedAt` for which the catalog is fresh. */
  maxAge: z.int().min(60),
  root: digest,
});
export type CatalogManifest = z.infer<typeof catalogManifestSchema>;

/** The body of `GET /v1/catalog`. */
export const catalogAnswerSchema = z.strictObject({
  manifest: envelopeSchema,
  /** The digests of all bundles, sorted. */
  digests: z.array(digest),
  /** The caller's bundles: the records of each in their order. */
  bundles: z.array(z.array(envelopeSchema)),
});
export type CatalogAnswer = z.infer<typeof catalogAnswerSchema>;

/** The response header with the manifest. */
export const manifestHeader = 'k8s-tunnels-manifest';
