import type { KeyValueStore } from '../../resources/worker/src/environment.ts';

const answers = new Map<string, ArrayBuffer>();

/**
 * The floor of the catalog: reads the same value of KV, and answers the same bytes to everybody, without checking who
 * asks. The path names the answer.
 */
// biome-ignore lint/style/noDefaultExport: the shape of a Worker.
export default {
  async fetch(request: Request, { CATALOG }: { readonly CATALOG: KeyValueStore }): Promise<Response> {
    await CATALOG.get('manifest', 'text');
    const headers = { etag: '"floor"', 'content-type': 'application/json; charset=utf-8' };
    if (request.headers.has('if-none-match')) return new Response(null, { status: 304, headers });
    const name = new URL(request.url).pathname.slice(1);
    const answer = answers.get(name) ?? (await CATALOG.get(name, { type: 'arrayBuffer' }));
    if (answer === null) return new Response(null, { status: 404 });
    answers.set(name, answer);
    return new Response(answer, { headers });
  },
};
