import { digestOf } from '../../../main/agent/providers/catalog/signatures.ts';
import { bundlesOf } from '../../../main/cli/publish/bundles.ts';
import { type SigningKey, signingKeyFrom } from '../../../main/cli/publish/signing-key.ts';
import type { ClusterId } from '../../../main/model/cluster.ts';
import type { Envelope } from '../../../main/model/published-catalog.ts';
import type { CatalogWorker } from './catalog-worker.ts';

export interface SignedCatalog {
  readonly manifest: Envelope;
  readonly bundles: ReturnType<typeof bundlesOf>;
}

/** Signs a catalog of clusters with these names, each for its audience. */
export function signCatalog(
  clusters: Readonly<Record<string, readonly string[]>>,
  how: { readonly key: SigningKey; readonly revision: number; readonly root?: string },
): SignedCatalog {
  const { key, revision } = how;
  const bundles = bundlesOf(
    Object.entries(clusters).map(([name, audience]) => {
      const id = `eks/111122223333/eu-west-1/${name}` as ClusterId;
      const cluster = { id, name, server: `https://${name}.example` };
      return { id, audience, envelope: key.seal({ kind: 'cluster', revision, cluster }) };
    }),
  );
  const root = how.root ?? digestOf(bundles.map(({ digest }) => digest));
  const publishedAt = new Date().toISOString();
  const manifest = key.seal({ kind: 'manifest', version: 1, revision, publishedAt, maxAge: 3_600, root });
  return { manifest, bundles };
}

export function keyOf({ privateKey }: Pick<CatalogWorker, 'privateKey'>): SigningKey {
  return signingKeyFrom(privateKey, 'the key');
}

/** The publisher's requests, without what the command does around them. */
export function publisherOf({ url, secret }: Pick<CatalogWorker, 'url' | 'secret'>) {
  const send = (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) =>
    fetch(`${url}/v1/catalog/${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const putBundles = async ({ bundles }: SignedCatalog) => {
    for (const { digest, envelopes } of bundles) {
      const { status } = await send('PUT', `bundles/${digest}`, envelopes);
      if (status !== 200) throw new Error(`bundle: ${status}`);
    }
  };
  const putManifest = ({ manifest, bundles }: SignedCatalog) =>
    send('PUT', 'manifest', {
      manifest,
      index: bundles.map(({ digest, audience }) => ({ digest, audience })),
    });
  return {
    send,
    putBundles,
    putManifest,
    async publish(catalog: SignedCatalog) {
      await putBundles(catalog);
      const answer = await putManifest(catalog);
      if (answer.status !== 200) throw new Error(`manifest: ${answer.status} ${await answer.text()}`);
    },
  };
}
