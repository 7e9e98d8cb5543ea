import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from '../agent/parts.ts';
import { parseSettings } from '../agent/settings/settings-file.ts';
import { distrustReason, readTrusted } from '../agent/storage/trusted-file.ts';
import { errnoOf } from '../model/app-error.ts';

/**
 * Resolves with the variables of the file that the setting `environmentFile` names, and with a warning where it cannot
 * be used. A file that other accounts may change is not used: a variable may name a program. Reads the settings file
 * itself, because the agent, which owns it, starts with this environment.
 */
export async function environmentFile({
  env,
  config,
  home,
}: {
  readonly env: Environment;
  /** The settings folder. */
  readonly config: string;
  readonly home: string;
}): Promise<{ readonly variables: Environment; readonly warning?: string }> {
  const named = settingIn(path.join(config, 'settings.json'));
  if (named === '') return { variables: {} };
  const file = path.resolve(config, named.startsWith('~/') ? path.join(home, named.slice(2)) : named);
  const unusable = (why: string) => ({
    variables: {},
    warning: `${file}, named by the setting environmentFile, ${why}. None of its variables is set.`,
  });
  try {
    const { text, distrust } = await readTrusted(file, { env, home });
    if (distrust !== undefined) return unusable(`is not used, ${distrustReason(distrust)}: ${distrust.fix}`);
    return { variables: parseEnv(text) };
  } catch (error) {
    return unusable(`could not be read (${errnoOf(error) ?? 'not a file of text'})`);
  }
}

/** The agent reports a settings file that cannot be read. */
function settingIn(file: string): string {
  try {
    const { environmentFile } = parseSettings(readFileSync(file, 'utf8'));
    return typeof environmentFile === 'string' ? environmentFile : '';
  } catch {
    return '';
  }
}
