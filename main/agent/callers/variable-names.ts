import type { Environment } from '../parts.ts';

/**
 * Other names of variables that we know by one name. OpenBao's command line reads `BAO_ADDR` and the like before the names
 * of Vault (api/env.go: `ReadBaoVariable`), that of AWS reads AWS_DEFAULT_PROFILE after AWS_PROFILE.
 */
const openBao = /^BAO_(?=[A-Z])/;
const defaultProfile = 'AWS_DEFAULT_PROFILE';

/**
 * Returns the environment with each of these variables under the name that we know it by, and without its other name;
 * itself if it has none of them, because that of a process ignores case on Windows, and a copy does not.
 */
export function withKnownNames(env: Environment): Environment {
  const isOther = (name: string) => openBao.test(name) || name === defaultProfile;
  const entries = Object.entries(env);
  const others = entries.filter(([name, value]) => isOther(name) && value !== undefined && value !== '');
  if (!entries.some(([name]) => isOther(name))) return env;
  const known = Object.fromEntries(entries.filter(([name]) => !isOther(name)));
  for (const [name, value] of others) {
    if (name !== defaultProfile) known[name.replace(openBao, 'VAULT_')] = value;
    else known.AWS_PROFILE ||= value;
  }
  return known;
}
