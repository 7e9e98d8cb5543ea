import { z } from 'zod';
import { AppError } from '../../model/app-error.ts';

/** Google's error model in JSON; a Kubernetes API server answers with a `Status` instead. */
const errorSchema = z.object({ error: z.object({ code: z.number() }) });

/** The title of the page with which Google's front end refuses a request. */
const page = '<title>Error 403 (Forbidden)!!1</title>';

/**
 * Returns an error if a 403 came from Google's front end, which answers for a DNS endpoint of GKE before the API server:
 * the API server itself was not reached. An anonymous request that may pass gets a 401 there.
 */
export function refusedByGoogle(answer: {
  readonly status: number;
  readonly body: string;
  /** `host:port` of the API server. */
  readonly where: string;
}): AppError | undefined {
  const { status, body, where } = answer;
  if (
    status !== 403 ||
    !(body.includes(page) || errorSchema.safeParse(parsed(body)).data?.error.code === 403)
  )
    return undefined;
  return new AppError(
    'kube-unauthorized',
    `Google refused the connection to ${where} before it reached the API server (HTTP 403).`,
    {
      hint: "Ask the cluster's owner whether its DNS endpoint accepts external traffic (`gcloud container clusters update --enable-dns-access`), and for the permission container.clusters.connect (for example by the role roles/container.developer).",
      retryable: true,
    },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
