import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { WebSocketServer } from 'ws';
import type { ContainerFiles } from './container/container-files.ts';
import { runProgram } from './container/shell.ts';
import { createTerminal } from './container/terminal.ts';
import type { ExecClient } from './exec-client.ts';
import type { Pod } from './objects.ts';

/** Offers the protocol of `kubectl exec` since 1.30. Older clients speak SPDY. */
export const execServer = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => (offered.has('v5.channel.k8s.io') ? 'v5.channel.k8s.io' : false),
});

/** Runs one of the programs of the world's containers; its exit code goes out last, as a Status. */
export async function serveExec(given: {
  readonly client: ExecClient;
  readonly pod: Pod;
  readonly container: string;
  readonly files: ContainerFiles;
  readonly query: URLSearchParams;
}): Promise<void> {
  const { client, pod, container, files, query } = given;
  const keyboard = new EventTarget();
  const interrupt = () => keyboard.dispatchEvent(new Event('interrupt'));
  const isTerminal = query.get('tty') === 'true';
  const { stdin: keys, stdout: screen, stderr: warnings } = client;
  let ends: { readonly stdin: Readable; readonly stdout: Writable } = { stdin: keys, stdout: screen };
  if (isTerminal) ends = createTerminal({ keys, screen, interrupt });
  const [program = '', ...args] = query.getAll('command');
  const code = await runProgram(program, {
    ...ends,
    args,
    // A terminal has one output only.
    stderr: isTerminal ? ends.stdout : warnings,
    hostname: pod.metadata.name,
    root: await files.rootOf(pod, container),
    signal: client.left,
    keyboard,
    windowSize: () => (isTerminal ? (client.windowSize() ?? { Width: 80, Height: 24 }) : undefined),
  });
  const outcome = code === undefined ? noSuchProgram(program) : exited(code);
  // All that was written goes out first.
  if (isTerminal) await finished(ends.stdout.end());
  await Promise.all([screen, warnings].map((output) => finished(output.end(), { readable: false })));
  client.end(outcome);
}

const exited = (code: number) =>
  code === 0
    ? { metadata: {}, status: 'Success' }
    : {
        metadata: {},
        status: 'Failure',
        message: `command terminated with non-zero exit code: exit code ${code}`,
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
      };

const noSuchProgram = (program: string) => ({
  metadata: {},
  status: 'Failure',
  message: `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "${program}": executable file not found in $PATH`,
  reason: 'InternalError',
  code: 500,
});
