import { Session } from 'node:inspector/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The files that run for a click on a cluster's switch, until its tunnel is up and its kubeconfig entry is written. */
export interface Click {
  readonly window: readonly string[];
  readonly agent: readonly string[];
}

/**
 * Connects a cluster as the window does, against the world on loopback, and lists the files whose functions ran. Runs
 * the page's store, actions and link, the conversation and the agent, but neither the browser's rendering nor Electron,
 * which are not counted. Another cluster was connected before, so no login is needed. `from` is a folder with the code
 * and its node_modules: this one, or another commit's.
 */
export async function measureClick(from: string): Promise<Click> {
  const load = <T>(file: string): Promise<T> =>
    import(pathToFileURL(path.join(from, file)).href) as Promise<T>;
  const { startWorld } = await load<typeof import('../../test/world/world.ts')>('test/world/world.ts');
  const world = await startWorld();
  // The SDKs read the process's environment.
  Object.assign(process.env, world.env);
  const { createAgent } = await load<typeof import('../../main/agent/create-agent.ts')>(
    'main/agent/create-agent.ts',
  );
  const { silentLogger, systemClock } =
    await load<typeof import('../../main/agent/parts.ts')>('main/agent/parts.ts');
  const { pathsFrom } = await load<typeof import('../../main/agent/paths.ts')>('main/agent/paths.ts');
  const { openUrl } = await load<typeof import('../../main/agent/open-url.ts')>('main/agent/open-url.ts');
  const { openConfStore } = await load<typeof import('../../main/agent/settings/conf-store.ts')>(
    'main/agent/settings/conf-store.ts',
  );
  const { createHandlers } = await load<typeof import('../../main/api/handlers.ts')>('main/api/handlers.ts');
  const { serveMessages } = await load<typeof import('../../main/api/serve-messages.ts')>(
    'main/api/serve-messages.ts',
  );
  const { createActions } =
    await load<typeof import('../../renderer/agent/actions.ts')>('renderer/agent/actions.ts');
  const { createLink } = await load<typeof import('../../renderer/agent/link.ts')>('renderer/agent/link.ts');
  const { createPageStore } = await load<typeof import('../../renderer/agent/page-store.ts')>(
    'renderer/agent/page-store.ts',
  );
  const { fromSnapshot, applyChange } = await load<typeof import('../../renderer/agent/apply-change.ts')>(
    'renderer/agent/apply-change.ts',
  );

  const paths = pathsFrom(world.env);
  const agent = await createAgent({
    env: world.env,
    paths,
    clock: systemClock,
    logger: silentLogger,
    openStore: () => openConfStore(paths.config),
    sealer: { kind: 'headless' },
    openUrl: (url) => openUrl(url, world.env),
    plugin: { command: process.execPath, args: [] },
  });
  const session = new Session();
  session.connect();
  try {
    await agent.discover();
    const [first, second] = agent
      .snapshot()
      .clusters.filter(({ reach, environment }) => reach.kind === 'tunnel' && environment !== 'production');
    if (first === undefined || second === undefined)
      throw new Error('the world has no two clusters to connect');
    const store = createPageStore();
    const ready = Promise.withResolvers<void>();
    const link = createLink({
      open({ onOpen, onMessage }) {
        const served = { feed: agent, handlers: createHandlers(agent, { quit() {} }) };
        const { receive, end } = serveMessages({ served, send: onMessage });
        queueMicrotask(onOpen);
        return { send: receive, close: end };
      },
      onState: (state) => state.status === 'ready' && ready.resolve(),
      onSnapshot: (snapshot) => store.update((state) => ({ ...state, agent: fromSnapshot(snapshot) })),
      onChange: (change) =>
        store.update((state) =>
          state.agent === undefined ? state : { ...state, agent: applyChange(state.agent, change) },
        ),
    });
    await ready.promise;
    const actions = createActions({ link, store });
    const connect = async (id: typeof first.id) => {
      await actions.connect(id);
      const { agent: seen } = store.get();
      if (seen?.tunnels.get(id)?.state.status !== 'connected')
        throw new Error(`${id} was not connected: ${JSON.stringify(seen?.failures.get(id))}`);
    };
    await connect(first.id);
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    await connect(second.id);
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const prefix = `${pathToFileURL(from).href}/`;
    const files = result
      // Skip the unnamed function at the start: the module itself, which runs when it is loaded.
      .filter(({ functions }) =>
        functions.some(
          ({ ranges: [range] }) => range !== undefined && range.count > 0 && range.startOffset > 0,
        ),
      )
      .flatMap(({ url }) => (url.startsWith(prefix) ? [decodeURI(url.slice(prefix.length))] : []))
      .sort();
    return {
      window: files.filter((file) => file.startsWith('renderer/')),
      agent: files.filter((file) => file.startsWith('main/')),
    };
  } finally {
    session.disconnect();
    await agent.close();
    await world.close();
  }
}
