import { toPlainError } from '../../../model/app-error.ts';
import type { Findings } from '../../../model/findings.ts';
import { type FileParts, pathIn, readClusterFile } from './cluster-file.ts';

/** Returns the cluster lists, each with its number of clusters or why it cannot be read. */
export async function fileFindings(
  options: FileParts & {
    readonly files: readonly string[];
    /** The settings folder. */
    readonly folder: string;
    /** See `createFileSource`. */
    readonly check?: ((file: string) => Promise<void>) | undefined;
  },
): Promise<Pick<Findings, 'clusterFiles'>> {
  const { files, folder, env, home, check } = options;
  const lists = new Set(files.map((file) => pathIn(folder, home, file)));
  const clusterFiles = [...lists].map((file) =>
    Promise.resolve(check?.(file))
      .then(() => readClusterFile(file, { env, home }))
      .then(
        ({ clusters }) => ({ file, clusters: clusters.length }),
        (error: unknown) => ({ file, error: toPlainError(error) }),
      ),
  );
  return { clusterFiles: await Promise.all(clusterFiles) };
}
