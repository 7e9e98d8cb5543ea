import { withKnownNames } from '../agent/callers/variable-names.ts';
import type { CallerEnvironment } from '../model/caller-environment.ts';

/**
 * Returns the variables of this shell that may decide whose credentials are used. The agent picks those that it knows.
 * Every kubectl command waits for this file to load.
 */
export function callerEnvironment(): CallerEnvironment {
  const variables: Record<string, string> = {};
  // By the names that every agent takes, an older one too.
  for (const [name, value = ''] of Object.entries(withKnownNames(process.env)))
    if (/^(AWS|AZD|AZURE|CLOUDSDK|GOOGLE|VAULT)_/.test(name)) variables[name] = value;
  return { cwd: workingFolder(), variables };
}

/** Falls back to the root where the working folder was deleted. */
export function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}
