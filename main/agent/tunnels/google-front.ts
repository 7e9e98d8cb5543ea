import { z } from 'zod';
import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { Credential } from '../providers/credential-provider.ts';
import type { Front } from './front.ts';

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

/** Google's reasons, in the details of its error model (`google.rpc.ErrorInfo`). */
const reasonSchema = z.object({
  error: z.object({
    details: z
      .array(
        z.looseObject({
          reason: z.string().optional(),
          metadata: z.record(z.string(), z.string()).optional(),
        }),
      )
      .default([]),
  }),
});

/**
 * Google's Connect gateway in front of a cluster's API, for probes: without the user's token it says only that one is
 * missing. Clients send their own token.
 */
export function createGatewayFront(options: {
  readonly title: string;
  /** Resolves with the user's credential. */
  readonly credential: () => Promise<Credential>;
}): Front {
  const { title, credential } = options;
  return {
    isForProbes: true,
    async pass() {
      // A user who is not signed in finds out with the first command.
      const shown = await credential().catch(() => undefined);
      return {
        fields: shown?.kind === 'token' ? [['authorization', `Bearer ${shown.token}`]] : [],
        async check({ status, body = '' }) {
          const error = status === 404 ? noMembership(title) : refusedByGateway(title, status, body);
          if (error !== undefined) throw error;
          return 'passed';
        },
      };
    },
  };
}

function refusedByGateway(title: string, status: number, body: string): AppError | undefined {
  if (status !== 403) return undefined;
  const refusal = reasonSchema.safeParse(parsed(body)).data;
  // The API server's own refusal has another form.
  if (refusal === undefined) return undefined;
  const disabled = refusal.error.details.find(({ reason }) => reason === 'SERVICE_DISABLED');
  if (disabled === undefined)
    return new AppError('kube-unauthorized', `Google does not let you use the Connect gateway of ${title}.`, {
      hint: "Ask for the roles roles/gkehub.gatewayReader (to change anything, roles/gkehub.gatewayEditor) and roles/gkehub.viewer in its fleet's project.",
      retryable: true,
    });
  const project = disabled.metadata?.consumer?.replace(/^projects\//, '') ?? 'PROJECT';
  return new AppError('kube-unauthorized', `The Connect gateway API is not enabled in project ${project}.`, {
    hint: `Run \`${command`gcloud services enable connectgateway.googleapis.com --project ${project}`}\`.`,
    retryable: true,
  });
}

function noMembership(title: string): AppError {
  return new AppError('origin-failed', `The Connect gateway knows no cluster ${title} (HTTP 404).`, {
    hint: 'It may have left its fleet: run `k8s-tunnels discover`.',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
