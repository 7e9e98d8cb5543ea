import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Pod } from '../objects.ts';

/** The file systems of a cluster's containers: a temporary folder each, made when it is first used. */
export class ContainerFiles {
  #root: Promise<string> | undefined;
  readonly #made = new Map<string, Promise<string>>();

  /** Absolute path of the folder that the container knows as `/`. */
  rootOf({ metadata }: Pod, container: string): Promise<string> {
    const key = `${metadata.uid}-${container}`;
    const made = this.#made.get(key) ?? this.#make(key, metadata.name);
    this.#made.set(key, made);
    return made;
  }

  async #make(key: string, hostname: string): Promise<string> {
    this.#root ??= mkdtemp(path.join(tmpdir(), 'k8s-tunnels-containers-'));
    const root = path.join(await this.#root, key);
    for (const folder of ['etc', 'tmp']) await mkdir(path.join(root, folder), { recursive: true });
    await writeFile(path.join(root, 'etc', 'hostname'), `${hostname}\n`);
    return root;
  }

  async remove(): Promise<void> {
    if (this.#root !== undefined) await rm(await this.#root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Where a path of the container stands; `..` does not lead out of it. */
export const placeOf = (root: string, name: string) => path.join(root, path.posix.resolve('/', name));
