import type { z } from 'zod';
import type { OpenCluster } from '../open-clusters.ts';
import { cleanObject } from '../redaction.ts';
import { isOfSecrets, pathOf } from '../resources.ts';
import { readEvents } from './events.ts';
import { objectData } from './get.ts';
import {
  type Answer,
  clusterArgument,
  kindArgument,
  nameArgument,
  namespaceArgument,
  type ToolParts,
} from './tool.ts';

const mostEvents = 20;
/** More of a list, or of the fields of an object, than this is counted only. */
const mostEntries = 25;
const deepest = 8;

export const describeInput = {
  cluster: clusterArgument,
  kind: kindArgument,
  name: nameArgument,
  namespace: namespaceArgument,
};

type Fields = Readonly<Record<string, unknown>>;

/** Summarises one object: what it asks for, how it is, its conditions and its latest events. */
export function describeTool(parts: ToolParts): Answer<z.output<z.ZodObject<typeof describeInput>>> {
  const { clusters, resources } = parts;
  return async (input, signal) => {
    const { name } = input;
    const cluster = clusters.find(input.cluster);
    const resource = await resources.find(cluster, input.kind, signal);
    const namespace = resource.isNamespaced
      ? (input.namespace ?? (await clusters.namespaceOf(cluster)))
      : undefined;
    const accept = isOfSecrets(resource)
      ? 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'
      : 'application/json';
    const [object, events] = await Promise.all([
      clusters.readJson(cluster, { path: pathOf(resource, { namespace, name }), accept, signal }),
      // An object of the cluster has its events in the namespace default.
      eventsOf(parts, cluster, { namespace: namespace ?? 'default', name, kind: resource.kind, signal }),
    ]);
    return {
      cluster,
      what: `summary of ${input.kind} ${name}${namespace === undefined ? '' : ` in namespace ${namespace}`}`,
      ...objectData({ ...summaryOf(cleanObject(object) as Fields), events }),
      missing: 'This is a summary: get with the name and output object shows everything.',
    };
  };
}

/** A user who may read an object may have no right to its events. */
async function eventsOf(
  parts: ToolParts,
  cluster: OpenCluster,
  of: Parameters<typeof readEvents>[2],
): Promise<readonly unknown[] | string> {
  try {
    const { rows } = await readEvents(parts, cluster, of);
    return rows.slice(0, mostEvents);
  } catch {
    return 'could not be read';
  }
}

/** Takes an object that has been cleaned. */
function summaryOf(object: Fields): Fields {
  const { kind, metadata, spec, status, ...rest } = object;
  const about = fieldsOf(metadata);
  const { name, namespace, creationTimestamp, deletionTimestamp, labels, annotations, ownerReferences } =
    about;
  const { conditions, ...others } = fieldsOf(status);
  return defined({
    kind,
    name,
    namespace,
    created: creationTimestamp,
    deleting: deletionTimestamp,
    labels: bounded(labels),
    annotations: bounded(annotations),
    owners: listOf(ownerReferences).map(
      (one) => `${String(fieldsOf(one).kind)}/${String(fieldsOf(one).name)}`,
    ),
    conditions: listOf(conditions).slice(0, mostEntries).map(conditionOf),
    status: bounded(others),
    spec: bounded(spec),
    ...defined(
      Object.fromEntries(
        Object.entries(rest).map(([key, one]) => [key, key === 'apiVersion' ? undefined : bounded(one)]),
      ),
    ),
  });
}

function conditionOf(condition: unknown): Fields {
  const { type, status, reason, message, lastTransitionTime } = fieldsOf(condition);
  return defined({ type, status, reason, message, since: lastTransitionTime });
}

/** Returns a value whose lists and objects are cut, so that a summary stays one. */
function bounded(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return '[cut: nested deeper]';
  const more = (count: number) => `[cut: ${count} more]`;
  if (Array.isArray(value)) {
    const shown = value.slice(0, mostEntries).map((one) => bounded(one, depth + 1));
    return value.length > mostEntries ? [...shown, more(value.length - mostEntries)] : shown;
  }
  const entries = Object.entries(value);
  const shown = entries.slice(0, mostEntries).map(([key, one]) => [key, bounded(one, depth + 1)] as const);
  return Object.fromEntries(
    entries.length > mostEntries ? [...shown, ['…', more(entries.length - mostEntries)]] : shown,
  );
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function defined(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, one]) => one !== undefined && !(Array.isArray(one) && one.length === 0),
    ),
  );
}
