import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import http from 'node:http';

const channel = 'http.client.request.start';

/**
 * What a run asks over plain http, to be sent again as it is, all at once: the floor of any client, which signs
 * nothing and reads no answer. Signatures hold for five minutes.
 */
export async function recordRequests(run: () => Promise<unknown>, agent: http.Agent) {
  const sent: http.RequestOptions[] = [];
  const note = (message: unknown) => {
    const { request } = message as { readonly request: http.ClientRequest };
    const { method, path } = request;
    const { hostname, port } = new URL(`http://${request.getHeader('host')}`);
    sent.push({ hostname, port, method, path, headers: request.getHeaders() });
  };
  subscribe(channel, note);
  await run();
  unsubscribe(channel, note);
  const send = (options: http.RequestOptions): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      const request = http.request({ ...options, agent }, (response) => {
        const { statusCode } = response;
        if (statusCode !== 200) reject(new Error(`${options.path} is answered ${statusCode} now`));
        response.resume().once('end', resolve);
      });
      request.on('error', (error) => {
        // A kept connection may have ended when it is used again, as the agent's own requests allow for.
        if (request.reusedSocket) send(options).then(resolve, reject);
        else reject(error);
      });
      request.end();
    });
  return { requests: sent.length, send: () => Promise.all(sent.map(send)) };
}
