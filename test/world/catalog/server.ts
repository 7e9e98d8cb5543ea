import { createHash } from 'node:crypto';
import { type CatalogAnswer, manifestHeader } from '../../../main/model/published-catalog.ts';
import type { KeyAndCertificate } from '../authority.ts';
import { startLoopbackServer } from '../loopback-server.ts';
import type { Traffic } from '../traffic.ts';
import { answerTo, type Publication } from './publication.ts';

/** The Worker that serves an organisation's catalog, in the place of the real one in workerd. */
export interface CatalogServer {
  readonly port: number;
  /** `https://127.0.0.1:<port>`, or http. */
  readonly url: string;
  /** Serves this from now on. */
  publish(publication: Publication): void;
  /** Changes answers, as a Worker that was taken over could; `undefined` ends that. */
  tamper(change: ((answer: CatalogAnswer) => CatalogAnswer) | undefined): void;
  /** The headers of the last request. */
  last(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/** In `traffic`: service `catalog`, operations `changed` and `unchanged`. */
export async function startCatalogServer(options: {
  readonly traffic: Traffic;
  /** The groups of a token of Access; undefined where it is not good. */
  readonly groupsOf: (assertion: string) => Promise<readonly string[] | undefined>;
  readonly secure?: KeyAndCertificate;
}): Promise<CatalogServer> {
  const { traffic, groupsOf, secure } = options;
  let current: Publication | undefined;
  let change: ((answer: CatalogAnswer) => CatalogAnswer) | undefined;
  let last: Readonly<Record<string, unknown>> = {};
  const answer = (statusCode: number, headers: Readonly<Record<string, string>> = {}, body = '') =>
    ({ kind: 'answer', statusCode, headers, body }) as const;
  const server = await startLoopbackServer(async ({ target, headers }) => {
    last = headers;
    if (target !== '/v1/catalog') return answer(404);
    const assertion = headers['cf-access-jwt-assertion'];
    const groups = await groupsOf(typeof assertion === 'string' ? assertion : '');
    if (groups === undefined) return answer(403);
    if (current === undefined) return answer(404);
    const whole = answerTo(current, groups);
    const body = change?.(whole) ?? whole;
    const own = body.bundles.map((records) => records.map(({ signature }) => signature));
    const etag = `"${createHash('sha256')
      .update(JSON.stringify([body.digests, own]))
      .digest('base64url')}"`;
    const shared = {
      etag,
      [manifestHeader]: Buffer.from(JSON.stringify(body.manifest)).toString('base64url'),
      'cache-control': 'private, no-cache',
    };
    const isKnown = headers['if-none-match'] === etag;
    const fault = await traffic.serve('catalog', isKnown ? 'unchanged' : 'changed', target);
    if (fault?.kind === 'drop') return { kind: 'drop' };
    if (fault !== undefined) return answer(503);
    // As workerd answers whoever accepts it.
    if (isKnown) return answer(304, { ...shared, 'content-encoding': 'gzip' });
    return answer(200, { ...shared, 'content-type': 'application/json' }, JSON.stringify(body));
  }, secure);
  return {
    port: server.port,
    url: server.url,
    publish(publication) {
      current = publication;
    },
    tamper(how) {
      change = how;
    },
    last: () => last,
    close: server.close,
  };
}
