import pLimit from 'p-limit';
import { AppError } from '../../model/app-error.ts';
import type { Envelope } from '../../model/published-catalog.ts';
import type { Bundle } from './bundles.ts';
import type { CatalogWorker } from './catalog-worker.ts';

const sentAtOnce = 4;

/** Sends the bundles that the Worker does not have, and then the manifest. Rejects as the Worker's methods do. */
export async function sendPublication(
  worker: Pick<CatalogWorker, 'putBundle' | 'putManifest'>,
  { manifest, bundles }: { readonly manifest: Envelope; readonly bundles: readonly Bundle[] },
  has: ReadonlySet<string>,
): Promise<{ readonly sent: number; readonly bytes: number }> {
  const limit = pLimit(sentAtOnce);
  const send = (wanted: readonly Bundle[]) =>
    Promise.all(wanted.map((bundle) => limit(() => worker.putBundle(bundle))));
  const fresh = bundles.filter(({ digest }) => !has.has(digest));
  await send(fresh);
  const { missing } = await worker.putManifest(manifest, bundles);
  const lost = bundles.filter(({ digest }) => missing.includes(digest));
  await send(lost);
  if (lost.length > 0 && (await worker.putManifest(manifest, bundles)).missing.length > 0)
    throw new AppError('organisation-unavailable', 'The Worker does not see all bundles yet.', {
      hint: 'KV takes up to a minute. Run it again then.',
      retryable: true,
    });
  const sent = [...fresh, ...lost];
  const bytes = sent.reduce((sum, { envelopes }) => sum + JSON.stringify(envelopes).length, 0);
  return { sent: sent.length, bytes };
}
