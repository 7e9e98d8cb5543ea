import type { Paths } from '../agent/paths.ts';
import { connectAgent } from '../api/socket/client.ts';
import { AppError } from '../model/app-error.ts';

const checkEveryMs = 4_000;

/**
 * Checks that the agent still answers while a command waits for it, because a stopped or hung process keeps its
 * connections open. Calls `onSilent` each time the agent stops answering. Returns a function that stops the checks.
 */
export function watchAgent(options: {
  readonly paths: Paths;
  readonly onSilent: (error: AppError) => void;
}): () => void {
  const { paths, onSilent } = options;
  let isSilent = false;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    try {
      const client = await connectAgent({ path: paths.socket, state: paths.state, limit: 'short' });
      client?.close();
      isSilent = false;
    } catch (error) {
      const isNews = !isOver && !isSilent && error instanceof AppError && error.code === 'agent-unreachable';
      isSilent = true;
      if (isNews) onSilent(error);
    }
    if (!isOver) timer = setTimeout(look, checkEveryMs);
  };
  timer = setTimeout(look, checkEveryMs);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
