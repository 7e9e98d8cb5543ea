import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createActions } from './agent/actions.ts';
import { applyChange, fromSnapshot } from './agent/apply-change.ts';
import { bridgeChannel, socketChannel } from './agent/channel.ts';
import { createLink } from './agent/link.ts';
import { PageContext } from './agent/page.tsx';
import { createPageStore } from './agent/page-store.ts';
import './theme/tokens.css';
import './theme/base.css';
import './controls/controls.css';
import { Window } from './window.tsx';

const store = createPageStore();
const bridge = window.k8sTunnels;
const link = createLink({
  open:
    bridge === undefined
      ? socketChannel(`${location.origin.replace(/^http/, 'ws')}/agent`)
      : bridgeChannel(bridge),
  onState: (state) => store.update((page) => ({ ...page, link: state })),
  onSnapshot: (snapshot) => store.update((page) => ({ ...page, agent: fromSnapshot(snapshot) })),
  onChange: (change) =>
    store.update((page) =>
      page.agent === undefined ? page : { ...page, agent: applyChange(page.agent, change) },
    ),
});
const actions = createActions({ link, store });

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root.');
createRoot(root).render(
  <StrictMode>
    <PageContext value={{ store, actions }}>
      <Window />
    </PageContext>
  </StrictMode>,
);
