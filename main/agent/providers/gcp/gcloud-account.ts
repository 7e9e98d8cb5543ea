import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Findings } from '../../../model/findings.ts';
import { type GcpCredentialParts, gcloudFolder } from './credential-files.ts';

/** Reads gcloud's files: the name of the active configuration, and one INI file for each configuration. */
export async function gcloudFindings(
  parts: Pick<GcpCredentialParts, 'env' | 'home'>,
): Promise<Pick<Findings, 'gcloudAccount'>> {
  const folder = gcloudFolder(parts);
  const named = parts.env.CLOUDSDK_ACTIVE_CONFIG_NAME || (await readOr(path.join(folder, 'active_config')));
  const name = named.trim() || 'default';
  const text = await readOr(path.join(folder, 'configurations', `config_${path.basename(name)}`));
  const [, account] = /^\[core\][^[]*?^account *= *(\S+)/m.exec(text) ?? [];
  return account === undefined ? {} : { gcloudAccount: account };
}

async function readOr(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
