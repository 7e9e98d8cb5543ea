import { z } from 'zod';
import { AppError } from '../../model/app-error.ts';
import { cleanText } from '../redaction.ts';
import { pathOf, pods } from '../resources.ts';
import { type Answer, clusterArgument, nameArgument, namespaceArgument, type ToolParts } from './tool.ts';

const defaultLines = 100;
const mostLines = 2_000;
const logBytes = 512 * 1024;
const longestLine = 2_000;

export const logsInput = {
  cluster: clusterArgument,
  pod: nameArgument.describe('The name of a pod.'),
  namespace: namespaceArgument,
  container: nameArgument.optional().describe('Needed where the pod has several.'),
  tail: z.int().min(1).max(mostLines).optional().describe(`The latest lines (default: ${defaultLines}).`),
  since: z
    .string()
    .regex(/^\d{1,6}[smhd]$/, 'must be a time such as 90s, 15m, 2h or 1d')
    .optional()
    .describe('Only lines of the last 90s, 15m, 2h or 1d.'),
  previous: z.boolean().optional().describe('The log of the container before its last restart.'),
};

const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** Shows the latest lines of a container's log. */
export function logsTool({ clusters }: ToolParts): Answer<z.output<z.ZodObject<typeof logsInput>>> {
  return async (input, signal) => {
    const { pod, container, tail = defaultLines, since, previous } = input;
    const cluster = clusters.find(input.cluster);
    const namespace = input.namespace ?? (await clusters.namespaceOf(cluster));
    const query = {
      container,
      tailLines: String(tail),
      sinceSeconds: since === undefined ? undefined : String(secondsOf(since)),
      previous: previous === true ? 'true' : undefined,
      timestamps: 'true',
      limitBytes: String(logBytes),
    };
    const path = pathOf(pods, { namespace, name: pod, subresource: 'log', query });
    const { text, isCut } = await clusters.readText(cluster, { path, mostBytes: logBytes, signal });
    // A private key has several lines: the whole is searched before it is split.
    const lines = text === '' ? [] : redactedLines(text);
    return {
      cluster,
      what: `log of pod ${pod}${container === undefined ? '' : `, container ${container}`} in namespace ${namespace}, latest line last`,
      list: 'lines',
      items: lines,
      latestLast: true,
      // The server stops at so many bytes from the first line.
      ...(isCut || Buffer.byteLength(text) >= logBytes
        ? {
            missing: `The log is longer than ${logBytes / 1_024} KB: the latest lines are missing. Ask for a smaller tail.`,
          }
        : {}),
    };
  };
}

function redactedLines(text: string): readonly string[] {
  return cleanText(text.trimEnd(), logBytes, logBytes)
    .split('\n')
    .map((line) => cleanText(line, longestLine));
}

function secondsOf(since: string): number {
  const unit = seconds[since.at(-1) as keyof typeof seconds];
  const count = Number(since.slice(0, -1));
  if (unit === undefined || count < 1)
    throw new AppError('bad-input', `since is "${since}", which is not a time.`, { hint: 'Give 15m or 2h.' });
  return count * unit;
}
