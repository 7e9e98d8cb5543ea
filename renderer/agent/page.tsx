import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Actions } from './actions.ts';
import type { AgentState } from './apply-change.ts';
import type { PageState, PageStore } from './page-store.ts';

interface Page {
  readonly store: PageStore;
  readonly actions: Actions;
}

export const PageContext = createContext<Page | undefined>(undefined);

function usePageContext(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error('There is no page around this component.');
  return page;
}

/** Renders again only when `select` returns another value. */
export function usePage<T>(select: (state: PageState) => T): T {
  const { store } = usePageContext();
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}

/** For components that are shown only after the first snapshot. */
export function useAgent<T>(select: (state: AgentState) => T): T {
  return usePage(({ agent }) => {
    if (agent === undefined) throw new Error('The agent has not answered yet.');
    return select(agent);
  });
}

export function useActions(): Actions {
  return usePageContext().actions;
}
