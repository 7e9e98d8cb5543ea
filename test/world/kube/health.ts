import { type Exchange, sendText } from './exchange.ts';

const checks = [
  'ping',
  'log',
  'etcd',
  'etcd-readiness',
  'informer-sync',
  'poststarthook/start-apiextensions-controllers',
  'poststarthook/crd-informer-synced',
  'poststarthook/rbac/bootstrap-roles',
  'poststarthook/start-kube-aggregator-informers',
  'poststarthook/apiservice-registration-controller',
  'autoregister-completion',
  'shutdown',
];

/** Whether the server is ready: `failing` names the check that does not pass. */
export interface Readiness {
  failing: string | undefined;
}

/** Answers `/readyz`, `/livez` and `/healthz` in the text of k8s.io/apiserver/pkg/server/healthz. */
export function answerHealth(
  exchange: Exchange,
  { check, single }: { readonly check: string; readonly single?: string | undefined },
  readiness: Readiness,
) {
  const failing = check === 'readyz' ? readiness.failing : undefined;
  const excluded = exchange.query.getAll('exclude');
  const names = failing === undefined || checks.includes(failing) ? checks : [...checks, failing];
  if (single !== undefined) {
    if (!names.includes(single)) return sendText(exchange, 404, '404 page not found\n');
    if (single !== failing) return sendText(exchange, 200, 'ok');
    return sendText(exchange, 500, 'internal server error: reason withheld\n');
  }
  const lines = names.map((name) => {
    if (excluded.includes(name)) return `[+]${name} excluded: ok\n`;
    return name === failing ? `[-]${name} failed: reason withheld\n` : `[+]${name} ok\n`;
  });
  if (failing !== undefined && !excluded.includes(failing)) {
    return sendText(exchange, 500, `${lines.join('')}${check} check failed\n`);
  }
  const verbose = exchange.query.has('verbose');
  return sendText(exchange, 200, verbose ? `${lines.join('')}${check} check passed\n` : 'ok');
}
