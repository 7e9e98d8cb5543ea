import { publishCatalog } from './catalog/publish.ts';
import { readCatalog } from './catalog/serve.ts';
import { answer, channels, type Environment } from './environment.ts';
import { readFeed } from './feed.ts';
import { publish } from './publish.ts';

/**
 * Serves the release feed and the organisation's catalog to installations of k8s-tunnels. Sends no CORS headers, so
 * pages of other origins cannot read it.
 */
// biome-ignore lint/style/noDefaultExport: the shape of a Worker.
export default {
  fetch(request: Request, environment: Environment): Promise<Response> | Response {
    const { pathname } = new URL(request.url);
    if (pathname === '/v1/catalog') {
      if (request.method === 'GET' || request.method === 'HEAD') return readCatalog(request, environment);
      return answer(405, { error: 'method-not-allowed' }, { allow: 'GET, HEAD' });
    }
    if (pathname.startsWith('/v1/catalog/')) return publishCatalog(request, environment);
    const [, name] = /^\/v1\/releases\/([^/]+)$/.exec(pathname) ?? [];
    const channel = channels.find((one) => one === name);
    if (channel === undefined)
      return answer(404, { error: name === undefined ? 'not-found' : 'unknown-channel' });
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return readFeed(request, channel, environment);
      case 'POST':
        return publish(request, channel, environment);
      default:
        return answer(405, { error: 'method-not-allowed' }, { allow: 'GET, HEAD, POST' });
    }
  },
};
