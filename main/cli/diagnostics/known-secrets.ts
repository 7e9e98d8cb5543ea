import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../../agent/parts.ts';
import type { Paths } from '../../agent/paths.ts';
import { isSecretName } from '../../redaction/redact.ts';

/** Shorter values are words, and would be taken out of any text. */
const shortest = 8;

/**
 * Resolves with the secrets of this user that are known by their place: the passwords of local ports, the secrets of local
 * TLS proxies and of the socket, tokens of Access, and what the environment holds. They are taken out of a text whatever
 * their form is. Never rejects.
 */
export async function knownSecrets({
  env,
  paths,
}: {
  readonly env: Environment;
  readonly paths: Pick<Paths, 'state' | 'cloudflared'>;
}): Promise<readonly string[]> {
  const stored = await Promise.all(
    ['ports.json', 'api-proxy-secrets.json'].map(async (name) =>
      secretsIn(parsed(await textOf(path.join(paths.state, name)))),
    ),
  );
  const names = await readdir(paths.cloudflared).catch(() => []);
  const files = [
    path.join(paths.state, 'socket-secret'),
    ...names.map((name) => path.join(paths.cloudflared, name)),
  ];
  const whole = await Promise.all(files.map(async (file) => (await textOf(file)).trim()));
  const found = [...stored.flat(), ...whole, ...secretsOfEnvironment(env)].flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ]);
  // The longest first: one may be a part of another.
  return [...new Set(found)]
    .filter((secret) => secret.length >= shortest)
    .toSorted((a, b) => b.length - a.length);
}

/** Returns the strings below fields whose name says that they are secret. */
function secretsIn(value: unknown, isSecret = false): readonly string[] {
  if (typeof value === 'string') return isSecret ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    secretsIn(one, isSecretName(key) || key === 'user' || (isSecret && Array.isArray(value))),
  );
}

function secretsOfEnvironment(env: Environment): readonly string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    const { username = '', password = '' } = URL.parse(value) ?? {};
    const inAddress = [username, password].flatMap((part) => [part, decoded(part)]);
    return isSecretName(name) || /_KEY(?:_ID)?$/.test(name) ? [value, ...inAddress] : inAddress;
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
