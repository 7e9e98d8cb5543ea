import { z } from 'zod';
import { strange } from '../../agent/compare/api-reader.ts';
import { namespaceSchema } from '../../model/terminal.ts';
import type { CallAgent } from '../agent-calls.ts';
import type { OpenCluster, OpenClusters } from '../open-clusters.ts';
import type { Resources } from '../resources.ts';
import type { Data } from '../results.ts';

/** What the tools work with. */
export interface ToolParts {
  readonly call: CallAgent;
  readonly clusters: OpenClusters;
  readonly resources: Resources;
}

/** Answers a call of a tool. What it rejects with becomes a result that says so. */
export type Answer<I> = (input: I, signal: AbortSignal) => Promise<Data>;

export const clusterArgument = z
  .string()
  .min(1)
  .max(512)
  .describe('A cluster that connect has opened: its title or id, as list_clusters shows it.');
export const kindArgument = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/,
    'must be a kind such as pods, deploy or certificates.cert-manager.io',
  )
  .describe('A kind as kubectl names it: pods, deploy, Node, certificates.cert-manager.io.');
export const nameArgument = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,252}$/, 'must be the name of an object')
  .describe('The name of one object.');
export const namespaceArgument = namespaceSchema
  .optional()
  .describe('A namespace. Default: that of the cluster’s tag, otherwise default.');
export const selectorArgument = z.string().max(1_000).optional();

/** Returns an answer of an API server as the schema reads it. Throws `answer-refused` for anything else. */
export function readAs<T extends z.ZodType>(schema: T, answer: unknown, { title }: OpenCluster): z.output<T> {
  const { data, error } = schema.safeParse(answer);
  if (error !== undefined) throw strange(`The API server of ${title}`, error);
  return data as z.output<T>;
}
