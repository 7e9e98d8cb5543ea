import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Returns the files of a folder that `jsonFile` has set aside because another version wrote them. */
export function otherVersionsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.json\.v\d+(-\d+)?$/.test(name))
      .map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

/** Says which files were set aside since `before`, and how they come back. Returns undefined if there are none. */
export function otherVersionsText(before: readonly string[], folder: string): string | undefined {
  const added = otherVersionsIn(folder).filter((file) => !before.includes(file));
  if (added.length === 0) return undefined;
  return `Another version of k8s-tunnels wrote ${added.map((file) => path.basename(file).replace(/\.v[\d-]+$/, '')).join(', ')} in ${folder}. What this version cannot read was set aside as ${added.map((file) => path.basename(file)).join(', ')}, and is read again by the version that wrote it.`;
}
