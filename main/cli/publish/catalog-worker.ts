import { z } from 'zod';
import type { Answer, Network, Request } from '../../agent/network/network.ts';
import { userAgent } from '../../agent/version.ts';
import { AppError } from '../../model/app-error.ts';
import { type Envelope, envelopeSchema } from '../../model/published-catalog.ts';
import type { Bundle } from './bundles.ts';

const indexSchema = z.object({
  manifest: envelopeSchema,
  index: z.array(z.object({ digest: z.string(), audience: z.array(z.string()) })),
});
/** What the Worker has: the signed manifest, and who gets which bundle. */
export type StoredIndex = z.infer<typeof indexSchema>;

const errorSchema = z.object({
  error: z.string(),
  field: z.string().optional(),
  revision: z.number().optional(),
  digests: z.array(z.string()).optional(),
});

/** The organisation's Worker, as its publisher sees it. */
export interface CatalogWorker {
  /** Resolves with undefined if nothing is published yet. */
  index(): Promise<StoredIndex | undefined>;
  /** Resolves with undefined if the Worker does not have it, or not as a list of envelopes. */
  bundle(digest: string): Promise<readonly Envelope[] | undefined>;
  putBundle(bundle: Bundle): Promise<void>;
  /** Publishes. Resolves with the digests of bundles that the Worker does not have: nothing changed then. */
  putManifest(
    manifest: Envelope,
    bundles: readonly Bundle[],
  ): Promise<{ readonly missing: readonly string[] }>;
}

/** A bundle may be large, and KV slow. */
const timeoutMs = 60_000;

/**
 * Each method rejects with an error that says what to do: `access-denied` for a wrong secret or service token,
 * `organisation-unavailable` for a Worker that serves no catalog, `organisation-refused` for a publication that it does
 * not take, or as the network does.
 */
export function openCatalogWorker(options: {
  /** Without `/v1/catalog`. */
  readonly url: URL;
  readonly secret: string;
  /** The service token with which Access admits the publisher, if the Worker is behind it. */
  readonly serviceToken: { readonly id: string; readonly secret: string } | undefined;
  readonly network: Pick<Network, 'request'>;
  readonly signal: AbortSignal;
}): CatalogWorker {
  const { url, secret, serviceToken, network, signal } = options;
  const send = async (path: string, request: Request = {}): Promise<Answer> =>
    network.request(new URL(`v1/catalog/${path}`, url.href.endsWith('/') ? url : `${url}/`), {
      ...request,
      headers: {
        authorization: `Bearer ${secret}`,
        'user-agent': userAgent,
        accept: 'application/json',
        ...(serviceToken === undefined
          ? {}
          : { 'cf-access-client-id': serviceToken.id, 'cf-access-client-secret': serviceToken.secret }),
        ...request.headers,
      },
      timeoutMs,
      signal,
    });
  const put = (path: string, body: unknown) =>
    send(path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    async index() {
      const answer = await send('index');
      if (answer.status === 404 && errorIn(answer)?.error === 'not-published') return undefined;
      if (answer.status !== 200) throw refusal(url, answer);
      const read = indexSchema.safeParse(jsonIn(answer));
      if (read.success) return read.data;
      throw new AppError(
        'organisation-unavailable',
        `${url.host} answered with something else than a catalog.`,
        {
          hint: "Check the address: it is the Worker's, without /v1/catalog.",
        },
      );
    },
    async bundle(digest) {
      const answer = await send(`bundles/${digest}`);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refusal(url, answer);
      return z.array(envelopeSchema).safeParse(jsonIn(answer)).data;
    },
    async putBundle({ digest, envelopes }) {
      const answer = await put(`bundles/${digest}`, envelopes);
      if (answer.status !== 200) throw refusal(url, answer);
    },
    async putManifest(manifest, bundles) {
      const index = bundles.map(({ digest, audience }) => ({ digest, audience }));
      const answer = await put('manifest', { manifest, index });
      const { error, digests = [] } = errorIn(answer) ?? {};
      if (answer.status === 400 && error === 'missing') return { missing: digests };
      if (answer.status !== 200) throw refusal(url, answer);
      return { missing: [] };
    },
  };
}

function jsonIn({ body }: Answer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function errorIn(answer: Answer) {
  return errorSchema.safeParse(jsonIn(answer)).data;
}

function refusal({ host }: URL, answer: Answer): AppError {
  const { status } = answer;
  const { error, field, revision } = errorIn(answer) ?? {};
  switch (error) {
    case 'unauthorized':
      return new AppError('access-denied', `${host} refused the secret of the publisher.`, {
        hint: "Set K8S_TUNNELS_PUBLISH_SECRET to the Worker's secret PUBLISH_SECRET (wrangler secret put PUBLISH_SECRET).",
      });
    case 'not-configured':
      return new AppError('organisation-unavailable', `The Worker at ${host} has no catalog to publish in.`, {
        hint: 'Bind a KV namespace as CATALOG in wrangler.jsonc, set the secret PUBLISH_SECRET, and deploy it again.',
      });
    case 'not-found':
    case 'unknown-channel':
      return new AppError('organisation-unavailable', `The Worker at ${host} serves no catalog.`, {
        hint: 'Deploy the Worker of this version (resources/worker), and give its address without /v1/catalog.',
      });
    case 'older':
      return new AppError('organisation-refused', `${host} has revision ${revision} already.`, {
        hint: 'Another publication was faster, or the clock of this computer is wrong. Run it again.',
        retryable: true,
      });
    case 'foreign-key':
      return new AppError('organisation-refused', `${host} does not accept a catalog signed with this key.`, {
        hint: "Add its public key to the Worker's variable CATALOG_PUBLIC_KEY.",
      });
    case 'malformed':
      return new AppError(
        'organisation-refused',
        `${host} refused the publication: its ${field} is malformed.`,
        {
          hint: 'Deploy the Worker of the version that publishes.',
        },
      );
  }
  // No answer of the Worker: Access answers with a redirect to its login, or with a page.
  if (status === 302 || status === 401 || status === 403)
    return new AppError('access-denied', `Cloudflare Access did not admit the publisher to ${host}.`, {
      hint: 'Set K8S_TUNNELS_ACCESS_CLIENT_ID and K8S_TUNNELS_ACCESS_CLIENT_SECRET to a service token that a policy of the application includes (action: Service Auth).',
    });
  return new AppError('organisation-unavailable', `${host} answered ${status} to the publisher.`, {
    hint: status >= 500 ? 'Try again later.' : "Check the address: it is the Worker's, without /v1/catalog.",
    retryable: status === 429 || status >= 500,
  });
}
