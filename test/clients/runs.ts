import { copyFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { ClientForm } from '../../main/model/clients/client-kind.ts';
import { runAnsible } from './ansible.ts';
import { finish } from './child.ts';
import { runHelm } from './helm.ts';
import { runKubectl } from './kubectl.ts';
import { type ClientRun, type Outcomes, outcomesOf } from './outcome.ts';
import { runInTerminal } from './terminal.ts';

/** A version of a client, and how it is made to do all that its kind can do. */
export interface TestedClient {
  /** The id in the table (`main/model/clients/table.ts`). */
  readonly kind: string;
  readonly version: string;
  /** The tools that it needs (`tools.ts`). */
  readonly needs: readonly string[];
  /** For people: the program that is run. */
  readonly by: string;
  /** An error of some operations that does not say its cause: another operation of the same run must say it. */
  readonly hides?: RegExp;
  run(run: ClientRun, form: ClientForm): Promise<Outcomes>;
}

const programs = path.join(import.meta.dirname, 'programs');

const kubectl = (kind: string, version: string, tool: string): TestedClient => ({
  kind,
  version,
  needs: [tool],
  by: 'kubectl get, get -w, logs -f, exec, port-forward',
  run: (run) => runKubectl(run.tool(tool), run),
});

const helm = (version: string, tool: string): TestedClient => ({
  kind: 'helm',
  version,
  needs: [tool],
  by: 'helm install, list, upgrade, uninstall',
  run: (run, form) => runHelm(run.tool(tool), `tiny-${version.replaceAll('.', '-')}-${form}`, run),
});

/** A program of `programs/` that prints a line for each operation. */
const program = (
  kind: string,
  version: string,
  needs: readonly string[],
  by: string,
  command: (run: ClientRun) => { readonly words: readonly string[]; readonly env?: Record<string, string> },
): TestedClient => ({
  kind,
  version,
  needs,
  by: `test/clients/programs/${by}`,
  async run(run) {
    const { words, env = {} } = command(run);
    const printed = await finish(words, { env: { ...run.env, ...env }, home: run.home }, 150_000);
    return outcomesOf(run.operations, printed);
  },
});

const python = (kind: string, version: string, packages: string, file: string): TestedClient =>
  program(kind, version, [packages, 'python3'], `python/${file}`, (run) => ({
    words: [run.tool('python3'), path.join(programs, 'python', file)],
    env: { PYTHONPATH: run.tool(packages) },
  }));

const javascript = (kind: string, version: string, alias: string): TestedClient => ({
  kind,
  version,
  hides: /Error occurred in log request/,
  needs: ['node-packages'],
  by: 'test/clients/programs/node/client.mjs',
  async run(run) {
    // A module finds packages by where it lies.
    const file = path.join(run.home, 'client.mjs');
    await copyFile(path.join(programs, 'node', 'client.mjs'), file);
    await symlink(path.join(run.tool('node-packages'), 'node_modules'), path.join(run.home, 'node_modules'));
    return outcomesOf(run.operations, await finish([process.execPath, file, alias], run, 150_000));
  },
});

const java = (kind: string, version: string, tool: string, main: string, hides: RegExp): TestedClient => ({
  ...program(kind, version, [tool, `${tool}-classes`], `java/src/${main}.java`, (run) => ({
    words: [
      'java',
      // Each has one short life.
      '-XX:TieredStopAtLevel=1',
      '-cp',
      `${run.tool(`${tool}-classes`)}:${path.join(run.tool(tool), '*')}`,
      main,
    ],
  })),
  hides,
});
/** It tries again behind a watch, and ends the local connection of a forwarded port. */
const fabric8Hides = /no five events in time|Connection reset|Unexpected end of file/;

export const testedClients: readonly TestedClient[] = [
  kubectl('kubectl', '1.24', 'kubectl-1.24'),
  kubectl('kubectl', '1.37', 'kubectl'),
  kubectl('kubectl-1.23', '1.22', 'kubectl-1.22'),
  kubectl('kubectl-1.20', '1.20', 'kubectl-1.20'),
  helm('3', 'helm-3'),
  helm('4', 'helm-4'),
  python('python-26', '27', 'kubernetes-27', 'kubernetes_client.py'),
  python('python-28', '28', 'kubernetes-28', 'kubernetes_client.py'),
  python('python-37', '37', 'kubernetes-37', 'kubernetes_client.py'),
  python('kubernetes-asyncio', '36', 'kubernetes-asyncio', 'kubernetes_asyncio_client.py'),
  python('kr8s', '0.20.15', 'kr8s', 'kr8s_client.py'),
  ...(['spdy', 'websocket'] as const).map((streams) =>
    program('client-go', `0.34.3 (${streams})`, ['client-go'], 'go/client', (run) => ({
      words: [run.tool('client-go'), streams],
    })),
  ),
  javascript('client-node', '2.0', 'client-node-2'),
  javascript('client-node', '1.4', 'client-node-1'),
  javascript('client-node-0', '0.22', 'client-node-0'),
  python('lightkube', '1.0', 'lightkube', 'lightkube_client.py'),
  python('pykube', '23.6', 'pykube', 'pykube_client.py'),
  {
    kind: 'k9s',
    version: '0.50',
    needs: ['k9s', 'kubectl', 'pyte', 'python3'],
    by: 'k9s in a terminal: config maps, the log and a shell of a pod',
    run: (run) =>
      runInTerminal(
        [run.tool('k9s'), '--headless', '--logoless', '--splashless', '-n', 'bulk', '-c', 'configmaps'],
        [
          { operation: 'list', wait: '(?i)configmaps\\(bulk\\)\\[(500)\\]' },
          { type: ':pods default\r', wait: '(?i)(pods)\\(default\\)\\[1\\]' },
          { operation: 'logs', type: 'l', wait: '(line 7)\\b' },
          { type: '\u001b', wait: '(?i)(pods)\\(default\\)\\[1\\]' },
          { type: 's', wait: '(K9s-Shell)' },
          { operation: 'exec', type: 'echo hello\n', wait: '(?m)^\\s*(hello)\\s*$' },
        ],
        run,
      ),
  },
  {
    kind: 'stern',
    version: '1.33',
    needs: ['stern', 'pyte', 'python3'],
    by: 'stern in a terminal',
    run: (run) =>
      runInTerminal(
        [run.tool('stern'), '-n', 'default', 'p'],
        [{ operation: 'logs', wait: 'p c (line 7)\\b' }],
        run,
      ),
  },
  {
    kind: 'ansible',
    version: '6.2',
    needs: ['ansible', 'python3'],
    by: 'ansible -m kubernetes.core.k8s_info, kubernetes.core.k8s_exec',
    run: runAnsible,
  },
  java('fabric8-vertx', '8.0', 'fabric8-vertx', 'Fabric8', fabric8Hides),
  java('fabric8', '8.0 (OkHttp)', 'fabric8-okhttp', 'Fabric8', fabric8Hides),
  java('client-java', '25', 'client-java', 'OfficialClient', /no output/),
  program('kube-rs', '5', ['kube-rs'], 'rust/src/main.rs', (run) => ({ words: [run.tool('kube-rs')] })),
];

/** What is in the table and not run, and why. */
export const notRun: Readonly<Record<string, string>> = {
  'kube-rs-3': 'a second build of a Rust client takes longer than the suite may',
};
