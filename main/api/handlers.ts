import type { Agent } from '../agent/agent.ts';
import type { Handlers } from './dispatch.ts';
import { finishCalls } from './hand-over.ts';

/** Maps every operation to a call of the agent. */
export function createHandlers(agent: Agent, options: { readonly quit: () => void }): Handlers {
  return finishCalls({
    snapshot: async () => agent.snapshot(),
    discover: (input) => agent.discover(input),
    connect: (input, { signal }) => agent.connect({ ...input, signal }),
    retry: (input) => agent.retry(input),
    disconnect: (input) => agent.disconnect(input),
    forget: (input) => agent.forget(input),
    rotate: (input) => agent.rotate(input),
    'kubeconfig-file': (input) => agent.kubeconfigFile(input),
    'kubeconfig-file-end': ({ file }) => agent.endKubeconfigFile(file),
    switch: (input) => agent.switchTo(input),
    unlock: (input) => agent.unlock(input),
    lock: (input) => agent.lock(input),
    'read-only-file': (input) => agent.readOnlyFile(input),
    isolate: (input, { signal }) => agent.isolate({ ...input, signal }),
    async 'terminal-follow'({ terminal, pid }) {
      await agent.followTerminal(terminal, pid);
      return {};
    },
    'terminal-end': async ({ terminals }) => ({ ended: await agent.endTerminals(terminals) }),
    'terminal-open': (input) => agent.openTerminal(input),
    compare: (input, { signal }) => agent.compare({ ...input, signal }),
    'mcp-open': (input, { signal }) => agent.openForMcp({ ...input, signal }),
    'mcp-check': async ({ terminal }) => ({ open: await agent.isOpenForMcp(terminal) }),
    'mcp-end': async ({ pid }) => ({ ended: await agent.endMcp(pid) }),
    async 'confirmation-answer'({ id, allow }) {
      agent.answerConfirmation(id, allow);
      return {};
    },
    contexts: ({ place }) => agent.contexts(place),
    'connect-preview': (input) => agent.connectPreview(input),
    'kubeconfig-history': ({ place }) => agent.kubeconfigHistory(place),
    'kubeconfig-diff': (input) => agent.kubeconfigDiff(input),
    'kubeconfig-undo': (input) => agent.kubeconfigUndo(input),
    'kubeconfig-repair': () => agent.kubeconfigRepair(),
    kubectl: ({ place }) => agent.kubectl(place),
    credential: (input) => agent.credential(input),
    consent: async ({ cluster }) => {
      const consent = await agent.consent(cluster);
      return consent === undefined ? {} : { consent };
    },
    allow: async (input) => ({ consent: await agent.allow(input) }),
    accounts: async (input) => ({ accounts: [...(await agent.accounts(input))] }),
    findings: () => agent.findings(),
    login: async (input, { signal }) => ({ account: await agent.login({ ...input, signal }) }),
    logout: (input) => agent.logout(input),
    favourite: (input) => agent.favourite(input),
    'favourites-order': ({ favourites }) => agent.orderFavourites(favourites),
    'set-save': (input) => agent.saveSet(input),
    'set-remove': ({ name }) => agent.removeSet(name),
    async 'groups-collapse'({ groups }) {
      await agent.collapseGroups(groups);
      return {};
    },
    async policies({ clusters }) {
      agent.lookAt(clusters);
      return {};
    },
    activity: async (input) => ({ entries: agent.activity(input) }),
    history: ({ cluster }) => agent.history(cluster),
    'audit-metrics': async () => ({ text: agent.auditMetrics() }),
    metrics: async () => ({ text: await agent.metrics() }),
    'settings-get': async () => ({ ...agent.settings(), settingsFrom: agent.settingsFrom() }),
    'settings-set': async (patch) => agent.changeSettings(patch),
    'settings-reset': async ({ names }) => ({
      ...agent.resetSettings(names),
      settingsFrom: agent.settingsFrom(),
    }),
    'setup-preview': (input) => agent.setup.preview(input),
    'setup-apply': async (input) => {
      await agent.setup.apply(input);
      return { organisation: agent.setup.view() };
    },
    'setup-remove': async () => ({
      removed: await agent.setup.remove(),
      organisation: agent.setup.view(),
    }),
    'setup-show': async () => ({
      organisation: agent.setup.view(),
      refused: agent.setup.refusedFile(),
    }),
    'setup-refresh': async () => ({
      changed: await agent.setup.refresh(),
      organisation: agent.setup.view(),
    }),
    async 'hand-over'() {
      setImmediate(options.quit);
      return { pid: process.pid };
    },
    async quit() {
      await agent.disconnectAll();
      // Send the answer before the agent ends.
      setImmediate(options.quit);
      return { pid: process.pid };
    },
  });
}
