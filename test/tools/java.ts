import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.ts';
import { keyOf, NoTool, run } from './program.ts';

/** Resolves with a folder of jars: what a `pom.xml` depends on. `sum` is over the names and contents of all of them. */
export async function javaLibraries(name: string, pom: string, sum: string): Promise<string> {
  return cached(`java-${name}-${keyOf(await readFile(pom), sum)}`, async (folder) => {
    const options = ['--quiet', '--batch-mode', '--file', pom, `-DoutputDirectory=${folder}`];
    await run('mvn', [
      ...options,
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
    ]);
    const hash = createHash('sha256');
    for (const jar of (await readdir(folder)).sort())
      hash.update(jar).update(
        createHash('sha256')
          .update(await readFile(path.join(folder, jar)))
          .digest(),
      );
    const found = hash.digest('hex');
    if (found !== sum) throw new NoTool(`the jars of ${name} have another checksum: ${found}`);
  });
}

/** Resolves with a folder of classes, compiled from the sources against the jars of a folder. */
export async function javaClasses(
  name: string,
  sources: readonly string[],
  libraries: string,
): Promise<string> {
  const contents = await Promise.all(sources.map((file) => readFile(file)));
  return cached(`java-${name}-classes-${keyOf(libraries, ...contents)}`, async (folder) => {
    await mkdir(folder, { recursive: true });
    await run('javac', ['-nowarn', '-cp', path.join(libraries, '*'), '-d', folder, ...sources]);
  });
}
