import { type Paths, pathsFrom } from '../../agent/paths.ts';
import { type Connection, openConnection } from '../../api/socket/client.ts';
import { AppError } from '../../model/app-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { pageQuestions } from '../page-questions.ts';
import { loadWindowServer, windowFiles } from '../program-file.ts';
import { startProgress } from '../progress.ts';
import { reachAgent } from '../reach-agent.ts';
import { reportError, writeAside, writeJson, writeLines } from '../report.ts';
import { hasTerminal } from '../terminal.ts';

/**
 * Serves the window to a browser until Ctrl-C. The agent and what it holds open stay. In a terminal, Enter prints a new
 * address, and what a page alone may not change is asked here.
 */
export async function runServe(options: {
  readonly json: boolean;
  readonly port: string | undefined;
  /** Also opens it in the person's browser. A program that reads JSON does so itself. */
  readonly open: boolean;
}): Promise<number> {
  const { json } = options;
  const { env } = process;
  const progress = startProgress();
  try {
    const port = portFrom(options.port);
    const paths = pathsFrom(env);
    // Begun before any page asks: what keeps the agent from starting is told here.
    const agent = await reachAgent({ paths, env, onStart: () => progress.update('Starting the agent') });
    agent.close();
    const { serveWindow } = await loadWindowServer();
    const questions = !json && hasTerminal() ? pageQuestions(writeLines) : undefined;
    const window = await serveWindow({
      connect: () => connectOrStart(paths),
      folder: windowFiles(),
      port,
      env,
      paths,
      confirm: questions?.confirm,
    });
    progress.end();
    const ended = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    });
    const address = window.issueAddress();
    if (json) writeJson({ url: address, port: window.port });
    else {
      const hint = process.stdin.isTTY ? '; Enter gives a new one' : '';
      writeLines([address, `It opens the window once${hint}. Ctrl-C ends serving; what is connected stays.`]);
      if (options.open) await window.openInBrowser().catch(tellNoBrowser);
      if (process.stdin.isTTY)
        process.stdin.on('data', (line: Buffer) => {
          if (questions?.hear(line.toString()) !== true) writeLines([window.issueAddress()]);
        });
    }
    await ended;
    process.stdin.pause();
    await window.close();
    return exitCodes.ok;
  } catch (error) {
    progress.end();
    return reportError(error, { json });
  }
}

/** Like any command, a page that finds no agent starts it. */
async function connectOrStart(paths: Paths): Promise<Connection> {
  const place = { path: paths.socket, state: paths.state };
  const running = await openConnection(place);
  if (running !== undefined) return running;
  const agent = await reachAgent({ paths, env: process.env });
  const connection = await openConnection(place);
  agent.close();
  if (connection !== undefined) return connection;
  throw new AppError('agent-unreachable', 'The agent ended just after its start.', { retryable: true });
}

function portFrom(text: string | undefined): number {
  const port = Number(text ?? 0);
  if (text !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new AppError('bad-input', `--port is "${text}", which is no port.`, {
    hint: 'Give it a number from 1 to 65535, or leave it out.',
  });
}

/** The address on the screen still serves. */
function tellNoBrowser(error: unknown): void {
  writeAside([
    error instanceof Error ? `${error.message} Open the address by hand.` : 'No browser was opened.',
  ]);
}
