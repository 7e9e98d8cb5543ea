/** Header fields in their order, duplicates kept. Names as they were sent. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** Fields about one connection, not about the message (RFC 9110, 7.6.1), and what HTTP/2 forbids (RFC 9113, 8.2.2). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** What a client says about itself to a server, and the agent says instead. `expect` is answered here. */
const ownOfClient = new Set(['authorization', 'host', 'expect']);

/** The subprotocol in which a browser's WebSocket carries a bearer token (apiserver, `websocket.NewProtocolAuthenticator`). */
const bearerProtocol = 'base64url.bearer.authorization.k8s.io.';

/** Pairs Node's flat list of raw headers. */
export function fieldsOf(raw: readonly string[]): Fields {
  const fields: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) fields.push([raw[at] ?? '', raw[at + 1] ?? '']);
  return fields;
}

/** Returns the values of a field. `name` is in lower case. */
export function valuesOf(fields: Fields, name: string): readonly string[] {
  return fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
}

/** Returns the items of a field that is a list with commas, in lower case. */
export function listOf(fields: Fields, name: string): readonly string[] {
  return valuesOf(fields, name)
    .flatMap((value) => value.split(','))
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== '');
}

/** Returns the fields that go on to the other side: without those of the connection, and those that it names as such. */
export function endToEnd(fields: Fields): Fields {
  const named = new Set(listOf(fields, 'connection'));
  return fields.filter(([name]) => {
    const lower = name.toLowerCase();
    return !lower.startsWith(':') && !hopByHop.has(lower) && !named.has(lower);
  });
}

/**
 * Returns the fields of a client's request for the API server: without those of the connection and without every proof
 * of who the client is, in whose place the agent puts the user's credential.
 */
export function requestFields(fields: Fields): Fields {
  return endToEnd(fields).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (ownOfClient.has(lower)) return [];
    if (lower !== 'sec-websocket-protocol') return [[name, value] as const];
    const others = value.split(',').filter((item) => !item.trim().toLowerCase().startsWith(bearerProtocol));
    return others.length === 0 ? [] : [[name, others.join(',')] as const];
  });
}

/** Returns the bearer token of a request that has exactly one `Authorization` (RFC 6750, 2.1). */
export function bearerOf(fields: Fields): string | undefined {
  const given = valuesOf(fields, 'authorization');
  const [only = ''] = given;
  return given.length === 1 ? /^bearer ([^\s,]+)$/i.exec(only.trim())?.[1] : undefined;
}
