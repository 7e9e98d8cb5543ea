import https from 'node:https';
import type { KubeOrigin } from '../world/kube-network.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: object;
}

/** Asks an API server directly, as its administrator. Rejects where the answer is an error. */
export function kubeApi(server: KubeOrigin, hostname: string): (request: KubeRequest) => Promise<unknown> {
  const token = server.mintToken('admin', ['system:masters']);
  const agent = new https.Agent({ keepAlive: true, maxSockets: 8 });
  return ({ method, path, body }) =>
    new Promise((resolve, reject) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const to = {
        host: '127.0.0.1',
        port: server.port,
        servername: hostname,
        ca: server.authority.certificate,
      };
      const headers = { authorization: `Bearer ${token}`, 'content-type': type };
      const request = https.request({ ...to, agent, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          if ((response.statusCode ?? 0) < 300) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${text}`));
        });
      });
      request.on('error', reject);
      request.end(body === undefined ? '' : JSON.stringify(body));
    });
}
