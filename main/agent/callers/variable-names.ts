import type { Environment } from '../parts.ts';

/**
 * Returns the name by which we know a variable. OpenBao's command line reads `BAO_ADDR` and the like before the names of
 * Vault (api/env.go: `ReadBaoVariable`), that of AWS reads AWS_DEFAULT_PROFILE after AWS_PROFILE.
 */
function knownName(name: string): string {
  return name === 'AWS_DEFAULT_PROFILE' ? 'AWS_PROFILE' : name.replace(/^BAO_(?=[A-Z])/, 'VAULT_');
}

/**
 * Returns the environment with each variable under the name that we know it by, and without its other name; itself if it
 * has no other name, because that of a process ignores case on Windows, and a copy does not.
 */
export function withKnownNames(env: Environment): Environment {
  const others = Object.keys(env).filter((name) => knownName(name) !== name);
  if (others.length === 0) return env;
  const known = { ...env };
  for (const name of others) {
    const to = knownName(name);
    if (env[name] && (to !== 'AWS_PROFILE' || !env[to])) known[to] = env[name];
    delete known[name];
  }
  return known;
}
