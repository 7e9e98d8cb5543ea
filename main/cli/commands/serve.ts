import { type Paths, pathsFrom } from '../../agent/paths.ts';
import { type Connection, openConnection } from '../../api/socket/client.ts';
import { AppError } from '../../model/app-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { pageQuestions } from '../page-questions.ts';
import { loadWindowServer, windowFiles } from '../program-file.ts';
import { startProgress } from '../progress.ts';
import { reachAgent } from '../reach-agent.ts';
import { reportError, writeAside, writeLines } from '../report.ts';
import { hasTerminal } from '../terminal.ts';

/**
 * Serves the window to a browser until Ctrl-C. The agent and its tunnels stay up. In a terminal, Enter prints a new
 * address, and changes that a page must not make alone are confirmed here.
 */
export async function runServe(options: {
  readonly json: boolean;
  readonly port: string | undefined;
  /** Also open the address in the user's browser. With JSON, the calling program does that. */
  readonly open: boolean;
}): Promise<number> {
  const { json } = options;
  const { env } = process;
  const progress = startProgress();
  try {
    const port = portFrom(options.port);
    const paths = pathsFrom(env);
    // Start the agent before any page asks for it, to report here why it cannot start.
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
      const hint = process.stdin.isTTY ? ' Press Enter for a new one.' : '';
      writeLines([
        address,
        `This address opens the window once.${hint} Press Ctrl-C to stop serving; tunnels stay open.`,
      ]);
      if (options.open) await window.openInBrowser().catch(reportNoBrowser);
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

/** Connects a page to the agent, and starts one if none is running, as commands do. */
async function connectOrStart(paths: Paths): Promise<Connection> {
  const options = { path: paths.socket, state: paths.state };
  const running = await openConnection(options);
  if (running !== undefined) return running;
  const agent = await reachAgent({ paths, env: process.env });
  const connection = await openConnection(options);
  agent.close();
  if (connection !== undefined) return connection;
  throw new AppError('agent-unreachable', 'The agent exited right after it started.', { retryable: true });
}

function portFrom(text: string | undefined): number {
  const port = Number(text ?? 0);
  if (text !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new AppError('bad-input', `--port is "${text}", which is not a port.`, {
    hint: 'Give it a number from 1 to 65535, or leave it out.',
  });
}

/** Prints why no browser opened. The printed address still works. */
function reportNoBrowser(error: unknown): void {
  writeAside([
    error instanceof Error ? `${error.message} Open the address yourself.` : 'Could not open a browser.',
  ]);
}
