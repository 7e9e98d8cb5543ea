import { answer, type Environment } from './environment.ts';
import { isSecret } from './sign.ts';

/**
 * Returns the response to a request that may not publish, or undefined if it may: with the secret, or with the next one
 * while a secret is rotated. Without any secret nobody may.
 */
export async function refusePublishing(
  request: Request,
  { PUBLISH_SECRET = '', PUBLISH_SECRET_NEXT = '' }: Environment,
): Promise<Response | undefined> {
  const secrets = [PUBLISH_SECRET, PUBLISH_SECRET_NEXT].filter((secret) => secret !== '');
  if (secrets.length === 0) return answer(503, { error: 'not-configured' });
  const [, given = ''] = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  const fits = await Promise.all(secrets.map((secret) => isSecret(given, secret)));
  if (fits.includes(true)) return undefined;
  return answer(401, { error: 'unauthorized' }, { 'www-authenticate': 'Bearer' });
}
