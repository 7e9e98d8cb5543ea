import type { Paths } from '../agent/paths.ts';
import { connectAgent } from '../api/socket/client.ts';
import { AppError } from '../model/app-error.ts';

const lookEveryMs = 4_000;

/**
 * Looks whether the agent still answers while a command waits for it: a process that is stopped or hangs keeps its
 * connections and says nothing. `onSilent` is called once each time that it stops answering. Returns a function that ends it.
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
      const client = await connectAgent({ path: paths.socket, state: paths.state });
      client?.close();
      isSilent = false;
    } catch (error) {
      const isNews = !isOver && !isSilent && error instanceof AppError && error.code === 'agent-unreachable';
      isSilent = true;
      if (isNews) onSilent(error);
    }
    if (!isOver) timer = setTimeout(look, lookEveryMs);
  };
  timer = setTimeout(look, lookEveryMs);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
