import { type Exchange, readBody, sendJson } from '../exchange.ts';
import type { KubeObject, Workload } from '../objects.ts';
import type { ResourceRoute } from '../routes.ts';
import { notFound, unsupportedMediaType } from '../status.ts';
import { patches, type WritableCluster, write } from './writes.ts';

/** Answers `deployments/NAME/scale` and its like, by which `kubectl scale` works. */
export async function answerScale(
  exchange: Exchange,
  { type, namespace, name = '', verb }: ResourceRoute,
  cluster: WritableCluster,
): Promise<void> {
  const live = cluster.store.get({ type, namespace, name }) as Workload | undefined;
  if (!live) throw notFound(type, name);
  if (verb === 'get') return sendJson(exchange, 200, scaleOf(live));
  const contentType = exchange.request.headers['content-type'] ?? '';
  const patch = patches.find(([pattern]) => pattern.test(contentType))?.[1];
  if (verb === 'patch' && !patch) throw unsupportedMediaType();
  const body = await readBody(exchange);
  const wanted = (patch ? patch(scaleOf(live), body) : body) as ReturnType<typeof scaleOf>;
  const next: KubeObject = { ...live, spec: { ...live.spec, replicas: wanted.spec.replicas } };
  return sendJson(exchange, 200, scaleOf(write({ exchange, type, live, next, cluster }) as Workload));
}

function scaleOf({ metadata, spec, status }: Workload) {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas },
    status: { replicas: status.replicas, selector: selector.join(',') },
  };
}
