import { AppError } from '../../model/app-error.ts';
import type { Access } from '../access/access.ts';
import { stoppedByEdge } from '../access/edge-answer.ts';
import { accessDenied } from '../access/exchange.ts';
import { createExpiring } from '../async/expiring.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import { serviceRefused } from './builtin-connector.ts';
import type { Connector } from './connector.ts';
import type { Front, FrontAnswer, Pass } from './front.ts';

/**
 * How long requests share a token without reading its file again. A sign-out ends the secrets of the local TLS proxy at
 * once, so that no request gets here.
 */
const passLifeMs = 5_000;

/**
 * Cloudflare Access in front of an API that is published as a web application: each request needs the application's token
 * (`cf-access-token`) or a service token. The edge answers in place of the API server if it refuses one.
 */
export function createAccessFront(options: {
  readonly access: Pick<Access, 'token' | 'serviceToken' | 'reject'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly hostname: string;
}): Front {
  const { access, clock, hostname } = options;
  const passes = createExpiring<string, Pass>(clock);

  const create = async (signal: AbortSignal): Promise<Pass> => {
    const service = await access.serviceToken(hostname);
    if (service !== undefined)
      return {
        fields: [
          ['cf-access-client-id', service.clientId],
          ['cf-access-client-secret', service.clientSecret],
        ],
        async check(answer) {
          if (isFromApi(answer)) return 'passed';
          if (answer.status === 401 || answer.status === 403 || isLogin(answer))
            throw stoppedByEdge(hostname, answer) ?? serviceRefused(hostname, service);
          throw answeredByEdge(hostname, answer);
        },
      };
    const token = await access.token(hostname, { interactive: false, signal });
    return {
      fields: [['cf-access-token', token.jwt]],
      async check(answer) {
        if (isFromApi(answer)) return 'passed';
        if (answer.status !== 401 && !isLogin(answer)) throw answeredByEdge(hostname, answer);
        passes.delete(hostname);
        await access.reject(hostname, token);
        return 'renewed';
      },
    };
  };

  return {
    authority: hostname,
    isForProbes: false,
    pass: (signal) => passes.get(hostname, { make: create, lifeMs: () => passLifeMs, signal }),
  };
}

/** Opens connections to the edge for requests to a web application. TLS and the requests are the caller's. */
export function createWebConnector(options: {
  readonly network: Pick<Network, 'connect'>;
  readonly access: Pick<Access, 'token' | 'serviceToken' | 'teamOf' | 'organisations'>;
  readonly hostname: string;
  readonly target: { readonly host: string; readonly port: number };
  readonly front: Front;
  /** The team that the organisation's configuration names. */
  readonly team: () => string | undefined;
}): Connector {
  const { network, access, hostname, target, front, team } = options;

  /**
   * Rejects with `access-foreign-team` if the application belongs to another team than those that the user has signed in
   * to: a tag alone must not send the credentials of a cluster there. Where the configuration names the team, Access
   * checks it.
   */
  const checkTeam = async () => {
    const theirs = access.teamOf(hostname);
    const { kept } = await access.organisations();
    if (team() !== undefined || theirs === undefined || kept.length === 0 || kept.includes(theirs)) return;
    throw new AppError(
      'access-foreign-team',
      `${hostname} belongs to the Access team ${theirs}, and you have signed in to ${kept.join(', ')}.`,
      {
        hint: "It would receive your credentials for the cluster, because its origin tag is https. If it is your organisation's too, name it in the configuration (access.team); else ask the cluster's owner.",
      },
    );
  };

  return {
    kind: () => 'builtin',
    async prepare({ interactive, signal, onLogin }) {
      if ((await access.serviceToken(hostname)) !== undefined) return;
      try {
        await access.token(hostname, { interactive: false, signal });
      } catch (error) {
        if (!interactive || !(error instanceof AppError) || error.code !== 'access-login-needed') throw error;
        await checkTeam();
        await access.token(hostname, { interactive, signal, onLogin });
      }
    },
    async dial({ signal }) {
      // A client that finds the session ended waits for the login here.
      await front.pass(signal);
      return network.connect(target, signal);
    },
  };
}

/** Returns true for a redirect to the login of Access. */
function isLogin({ status, header }: FrontAnswer): boolean {
  if (status < 300 || status > 399) return false;
  const location = URL.parse(header('location') ?? '', 'https://edge.invalid');
  return location?.pathname.startsWith('/cdn-cgi/access/login') ?? false;
}

/**
 * Returns true unless the edge gave this answer. An API server names each of its answers (`Audit-Id`; kube-apiserver
 * `WithAuditInit`), and says what is wrong as JSON, YAML or protobuf; pages and plain text about errors are the edge's.
 */
function isFromApi(answer: FrontAnswer): boolean {
  const { status, header } = answer;
  if (header('audit-id') !== undefined || header('x-kubernetes-pf-flowschema-uid') !== undefined) return true;
  if (status >= 300 && status <= 399) return !isLogin(answer) && !leadsElsewhere(header('location'));
  return (
    status < 400 ||
    /^application\/(?:[\w.+-]*(?:json|yaml|protobuf|cbor))/i.test(header('content-type') ?? '')
  );
}

/** Returns true for an address with a host of its own: an API server redirects to paths only. */
function leadsElsewhere(location = ''): boolean {
  return URL.canParse(location) || location.startsWith('//');
}

function answeredByEdge(hostname: string, answer: FrontAnswer): AppError {
  const { status, header } = answer;
  const stopped = stoppedByEdge(hostname, answer);
  if (stopped !== undefined) return stopped;
  if (status >= 300 && status <= 399)
    return new AppError(
      'access-denied',
      `${hostname} redirects to ${URL.parse(header('location') ?? '', `https://${hostname}`)?.host ?? 'another page'} instead of passing the request on.`,
      { hint: 'Your account may have no access: ask the cluster’s owner or your Access administrator.' },
    );
  if (status === 403) return accessDenied(hostname, header('cf-ray'));
  if (status === 429)
    return new AppError('edge-failed', `${hostname} limits how many requests it passes on (HTTP 429).`, {
      hint: 'Wait a moment.',
      retryable: true,
    });
  if (status >= 500)
    return new AppError(
      'origin-failed',
      `${hostname} is up, but its origin does not respond (HTTP ${status}).`,
      {
        hint: "The cluster's cloudflared or its API server is down, or cloudflared does not trust its certificate: ask the cluster's owner.",
        retryable: true,
      },
    );
  return new AppError(
    'edge-failed',
    `${hostname} answered HTTP ${status}, and the answer is not the API server's.`,
    {
      hint: "The application may not publish a Kubernetes API: ask the cluster's owner to check its origin tag.",
    },
  );
}
