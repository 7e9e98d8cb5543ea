import { answer } from './environment.ts';
import { isSecret } from './sign.ts';

/** Returns the response to a request that may not publish, or undefined if it may. */
export async function refusePublishing(request: Request, secret: string): Promise<Response | undefined> {
  const [, given = ''] = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (secret !== '' && (await isSecret(given, secret))) return undefined;
  return answer(401, { error: 'unauthorized' }, { 'www-authenticate': 'Bearer' });
}
