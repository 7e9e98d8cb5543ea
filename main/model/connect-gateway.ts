/**
 * Returns true for the address of a cluster at Google's Connect gateway: `https://connectgateway.googleapis.com/v1/…`, with
 * the location before it where that is not `global`.
 */
export function isConnectGateway(server: string): boolean {
  const url = URL.parse(server);
  return (
    url !== null && /^(?:[a-z0-9-]+-)?connectgateway\./.test(url.hostname) && url.pathname.startsWith('/v1/')
  );
}
