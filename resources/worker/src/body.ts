/**
 * Reads the body. Resolves with undefined if it is too long or not UTF-8, but reads it completely even then: otherwise
 * the sender may not get the response.
 */
export async function readAtMost(request: Request, bytes: number): Promise<string | undefined> {
  const body = await request.arrayBuffer();
  if (body.byteLength > bytes) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}
