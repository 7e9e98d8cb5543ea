import { AppError } from '../../model/app-error.ts';
import type { Answer, Network } from '../network/network.ts';
import { userAgent } from '../version.ts';

/** The parts of an answer that say who gave it. */
export interface EdgeAnswer {
  readonly status: number;
  /** Returns the value of a field. `name` is in lower case. */
  readonly header: (name: string) => string | undefined;
  /** The page, where the caller has read it. */
  readonly body?: string | undefined;
}

/** Returns what `stoppedByEdge` reads of an answer. */
export function edgeAnswer({ status, headers, body }: Answer): EdgeAnswer {
  const header = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return { status, header, body: body.toString('utf8') };
}

/**
 * Returns an error if the security of the zone stopped a request, so that Access neither saw nor denied it: a challenge
 * for browsers (`cf-mitigated`, Cloudflare's "Detect a Challenge Page response", also with status 429), or a block by a
 * firewall rule, an address or a country (403 with a 1xxx code, Cloudflare's "Error page types"). Clients that do not ask
 * for HTML get the code as plain text, `error code: 1020`.
 * Both depend on the network that the request comes from, so that a retry may pass.
 */
export function stoppedByEdge(
  hostname: string,
  { status, header, body = '' }: EdgeAnswer,
): AppError | undefined {
  if (header('cf-mitigated') !== undefined)
    return new AppError('edge-failed', `Cloudflare asks for a browser at ${hostname} (bot protection).`, {
      hint: 'Ask your Cloudflare administrator to leave this hostname out of challenges, with a WAF rule whose action is Skip.',
      retryable: true,
      mender: 'access-administrator',
    });
  if (status !== 403) return undefined;
  const code =
    /^\s*error code: (1\d{3})\b/.exec(body)?.[1] ?? /"cf-error-code">\s*(1\d{3})\b/.exec(body)?.[1];
  if (code === undefined && !blockPage.test(body)) return undefined;
  const ray = header('cf-ray');
  return new AppError(
    'edge-failed',
    `Cloudflare blocks requests from this network to ${hostname}, before Access decides${code === undefined ? '' : ` (error ${code})`}.`,
    {
      hint: `Try without a VPN, or from another network. If it lasts, ask your Cloudflare administrator to allow this network in the WAF and IP access rules of the zone${ray === undefined ? '' : `, naming Ray ID ${ray}`}.`,
      retryable: true,
      mender: 'access-administrator',
    },
  );
}

/** Titles and headings of the pages for browsers. */
const blockPage =
  /<title>\s*(?:attention required!|access denied) \||sorry, you have been blocked|used cloudflare to restrict access/i;

/** As `stoppedByEdge`, for the answer to a HEAD of `url`: requests the page of a 403. Rejects with network codes. */
export async function stoppedAtHead(
  network: Network,
  url: URL,
  answer: Answer,
): Promise<AppError | undefined> {
  const stopped = stoppedByEdge(url.host, edgeAnswer(answer));
  if (stopped !== undefined || answer.status !== 403) return stopped;
  const headers = { 'user-agent': userAgent };
  return stoppedByEdge(
    url.host,
    edgeAnswer(await network.request(url, { headers, timeoutMs: 7_000, page: true })),
  );
}

/**
 * Returns true for an answer that says nothing about Access, because Cloudflare limits the rate or has a fault: 429 (error
 * 1015), 408, 425, and errors of servers.
 */
export function isOverloaded(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/**
 * Returns true for such an answer of Cloudflare itself. Access answers before the origin does: 521 to 530 say that the origin
 * was asked.
 */
export function isEdgeFault(status: number): boolean {
  return isOverloaded(status) && status <= 520;
}

/** Creates the error for a host of Access that could not say what it was asked for. */
export function unanswered(host: string, status: number, question: string): AppError {
  return new AppError('edge-failed', `${host} answered HTTP ${status} when asked for ${question}.`, {
    hint:
      status === 429
        ? 'It limits how fast requests may come: it is tried again automatically.'
        : 'Cloudflare has a fault: it is tried again automatically. If it lasts, look at https://www.cloudflarestatus.com.',
    retryable: true,
  });
}
