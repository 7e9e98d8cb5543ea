import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const out = fileURLToPath(new URL('../../../out', import.meta.url));

/** What a terminal may bring into the sandbox. */
const kept = ['TERM', 'COLORTERM', 'NO_COLOR', 'FORCE_COLOR', 'KUBERNETES_EXEC_INFO'];

/**
 * The built command line as installed in a folder of its own, in a way that it lives in the sandbox whoever starts it:
 * kubectl, in a terminal that knows nothing of the world, has it for its credential plugin. Answers its file.
 */
export async function installSandboxedProgram(options: {
  readonly folder: string;
  /** The sandbox: what the program sees when it is started outside. A kubeconfig entry names the HOME of the sandbox. */
  readonly env: Readonly<Record<string, string>>;
}): Promise<string> {
  const { folder, env } = options;
  const program = path.join(folder, 'cli', 'k8s-tunnels.cjs');
  await mkdir(path.dirname(program), { recursive: true });
  for (const part of ['agent', 'renderer']) await symlink(path.join(out, part), path.join(folder, part));
  const code = `const sandbox = ${JSON.stringify(env)};
if (['HOME', 'NODE_EXTRA_CA_CERTS'].some((name) => process.env[name] !== sandbox[name])) {
  for (const name of Object.keys(process.env)) if (!${JSON.stringify(kept)}.includes(name)) delete process.env[name];
  Object.assign(process.env, sandbox);
}
require(${JSON.stringify(path.join(out, 'cli', 'k8s-tunnels.cjs'))});
`;
  await writeFile(program, code);
  return program;
}
