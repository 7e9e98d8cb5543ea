import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The path of the real client, as named by K8S_TUNNELS_CLOUDFLARED or found on PATH. */
export function realCloudflared(): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidate =
    process.env.K8S_TUNNELS_CLOUDFLARED ??
    folders.map((folder) => path.join(folder, 'cloudflared')).find((file) => existsSync(file));
  if (candidate === undefined) return undefined;
  try {
    execFileSync(candidate, ['--version'], { stdio: 'ignore' });
    return candidate;
  } catch {
    return undefined;
  }
}
