import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createActions } from './agent/actions.ts';
import { applyChange, fromSnapshot } from './agent/apply-change.ts';
import { bridgeChannel, type OpenChannel } from './agent/channel.ts';
import { createFigures } from './agent/figures.ts';
import { createLink } from './agent/link.ts';
import { PageContext } from './agent/page.tsx';
import { createPageSecret, takeFromAddress } from './agent/page-secret.ts';
import { createPageStore } from './agent/page-store.ts';
import { webChannel } from './agent/web-channel.ts';
import { Window } from './window.tsx';

const store = createPageStore();
const bridge = window.k8sTunnels;
const link = createLink({
  open: bridge === undefined ? overWeb() : bridgeChannel(bridge),
  onState: (state) => store.update((page) => ({ ...page, link: state })),
  onSnapshot: (snapshot) => store.update((page) => ({ ...page, agent: fromSnapshot(snapshot) })),
  onConfirmation: (isConfirming) => store.update((page) => ({ ...page, isConfirming })),
  onChange: createFigures({
    apply: (changes) =>
      store.update((page) =>
        page.agent === undefined ? page : { ...page, agent: changes.reduce(applyChange, page.agent) },
      ),
    state: () => store.get().agent,
  }),
});

const look = () => link.look(!document.hidden);
document.addEventListener('visibilitychange', look);
look();

function overWeb(): OpenChannel {
  const secret = createPageSecret(sessionStorage);
  takeFromAddress(secret);
  window.addEventListener('hashchange', () => {
    if (takeFromAddress(secret)) link.retry();
  });
  return webChannel(new URL('agent', location.href.replace(/^http/, 'ws')).href, secret);
}

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
