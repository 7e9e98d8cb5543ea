import { fileURLToPath } from 'node:url';
import type { CommandLine, Following } from './command-line.ts';

/** What the demo does with a cluster's API, by kubectl or by its stand-in. */
export interface KubeClient {
  /** For the printed lines. */
  readonly name: string;
  namespaces(context: string): Promise<readonly string[]>;
  watchNamespaces(context: string): Following;
  followLogs(context: string, namespace: string, pod: string): Following;
}

export function createKubeClient(commandLine: CommandLine): KubeClient {
  const { kubectl } = commandLine;
  return kubectl === undefined ? standIn(commandLine) : real(commandLine, kubectl);
}

function real(commandLine: CommandLine, kubectl: string): KubeClient {
  const get = ['get', 'namespaces', '-o', 'name'];
  return {
    name: 'kubectl',
    async namespaces(context) {
      const { code, stdout, stderr } = await commandLine.run(kubectl, ['--context', context, ...get]);
      if (code !== 0) throw new Error(`kubectl: ${stderr.trim()}`);
      return stdout
        .trim()
        .split('\n')
        .map((line) => line.replace('namespace/', ''));
    },
    watchNamespaces: (context) => commandLine.follow(kubectl, ['--context', context, ...get, '--watch']),
    followLogs: (context, namespace, pod) =>
      commandLine.follow(kubectl, ['--context', context, '--namespace', namespace, 'logs', '--follow', pod]),
  };
}

const program = fileURLToPath(new URL('stand-in.ts', import.meta.url));

/** The same over the same kubeconfig entry, without kubectl. */
function standIn(commandLine: CommandLine): KubeClient {
  const node = process.execPath;
  return {
    name: 'a built-in request (kubectl is not installed)',
    async namespaces(context) {
      const { code, stdout, stderr } = await commandLine.run(node, [program, context, '/api/v1/namespaces']);
      if (code !== 0) throw new Error(stderr.trim());
      const list = JSON.parse(stdout) as {
        readonly items: readonly { readonly metadata: { readonly name: string } }[];
      };
      return list.items.map(({ metadata }) => metadata.name);
    },
    watchNamespaces: (context) =>
      commandLine.follow(node, [program, context, '/api/v1/namespaces?watch=true']),
    followLogs: (context, namespace, pod) =>
      commandLine.follow(node, [
        program,
        context,
        `/api/v1/namespaces/${namespace}/pods/${pod}/log?follow=true`,
      ]),
  };
}
