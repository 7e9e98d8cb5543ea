import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { type Clock, systemClock } from '../../main/agent/parts.ts';
import type { CallAgent } from '../../main/mcp/agent-calls.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import { aCluster } from '../renderer/shown.ts';
import { createAuthority } from '../world/authority.ts';

/** What the local proxy is asked, and what it answers: a value as JSON, or a text. */
export interface ProxyRequest {
  readonly method: string;
  readonly path: string;
  readonly accept: string;
  readonly authorization: string;
  readonly client: string;
}

export interface McpRig {
  readonly staging: Cluster;
  readonly production: Cluster;
  /** Requests that have reached the proxy. */
  readonly requests: ProxyRequest[];
  /** Operations that were called, with their inputs. */
  readonly calls: { readonly name: string; readonly input: unknown }[];
  /** Answers by path without the query. */
  readonly answers: Map<string, unknown>;
  /** The answer of the user to the question about production. */
  confirmed: 'allowed' | 'declined' | 'waiting';
  readonly call: CallAgent;
  /** Ends access, as the user can in the window. */
  endAccess(): Promise<void>;
  close(): Promise<void>;
}

const authority = await createAuthority('mcp');

/** A local proxy that answers as a test says, and an agent that gives access to it. */
export async function startMcpRig(clock: Pick<Clock, 'sleep'> = systemClock): Promise<McpRig> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mcp-'));
  const file = path.join(folder, 'config');
  const { key, certificate } = await authority.issueServer(['127.0.0.1', 'localhost']);
  const requests: ProxyRequest[] = [];
  const answers = new Map<string, unknown>();
  const server = https.createServer({ key, cert: certificate }, (request, response) => {
    const { method = '', url = '', headers } = request;
    const { accept = '', authorization = '' } = headers;
    requests.push({ method, path: url, accept, authorization, client: headers['user-agent'] ?? '' });
    const [plain = ''] = url.split('?');
    const answer = answers.get(plain);
    if (answer === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' });
      const message = `the server could not find ${plain}`;
      response.end(JSON.stringify({ kind: 'Status', status: 'Failure', message, code: 404 }));
    } else if (answer instanceof Error) {
      response.writeHead(Number(answer.name));
      response.end(JSON.stringify({ kind: 'Status', message: answer.message }));
    } else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const kubeconfig = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'c',
        cluster: {
          server: `https://127.0.0.1:${port}`,
          'certificate-authority-data': Buffer.from(authority.certificate).toString('base64'),
        },
      },
    ],
    users: [{ name: 'u', user: { token: 'of-this-terminal' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
  });
  const staging: Cluster = { ...aCluster('orders-staging'), environment: 'staging' };
  const production: Cluster = { ...aCluster('orders-prod'), environment: 'production' };
  const calls: McpRig['calls'] = [];
  const call = async (name: string, input: { readonly cluster?: string; readonly waitMs?: number }) => {
    calls.push({ name, input });
    if (name === 'mcp-check') return { open: true };
    if (name === 'mcp-end') return { ended: 0 };
    if (name === 'snapshot') return snapshotOf([staging, production]);
    const found = [staging, production].find(
      ({ id, title }) => id === input.cluster || title === input.cluster,
    );
    if (found === undefined)
      throw new AppError('not-found', `There is no cluster ${input.cluster}.`, {
        hint: 'Run `k8s-tunnels list`.',
      });
    const isProduction = found === production;
    const about = { cluster: found.id, title: found.title, ...(isProduction ? { production: true } : {}) };
    if (isProduction && rig.confirmed === 'declined')
      throw new AppError('production-unconfirmed', 'The user did not allow it.', {
        hint: 'Go on without it.',
      });
    if (isProduction && rig.confirmed === 'waiting') await clock.sleep(input.waitMs ?? 0);
    if (isProduction && rig.confirmed === 'waiting') return { status: 'waiting', ...about };
    await writeFile(file, kubeconfig);
    return { status: 'open', ...about, terminal: 'a'.repeat(16), file };
  };
  const rig: McpRig = {
    staging,
    production,
    requests,
    calls,
    answers,
    confirmed: 'waiting',
    call: call as unknown as CallAgent,
    endAccess: () => rm(file),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
  return rig;
}

/** An answer of the proxy or the API server that is no success. */
export function refusal(status: number, message: string): Error {
  return Object.assign(new Error(message), { name: String(status) });
}

function snapshotOf(clusters: readonly Cluster[]): Snapshot {
  return {
    agent: { version: '0.1.0', pid: 1, startedAt: 1, platform: 'linux', signIns: 'headless' },
    clusters: [...clusters],
    tunnels: [],
    sessions: [],
    logins: [],
    kubectl: {},
    notices: [],
  } as unknown as Snapshot;
}
