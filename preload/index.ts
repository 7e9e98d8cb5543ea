import { contextBridge, ipcRenderer } from 'electron';
import { type AgentBridge, channels } from '../main/api/ipc/bridge.ts';
import type { AgentMessage } from '../main/api/serve-messages.ts';

const listen = (channel: string, listener: (message: AgentMessage) => void): (() => void) => {
  const hear = (_event: unknown, message: AgentMessage) => listener(message);
  ipcRenderer.on(channel, hear);
  return () => {
    ipcRenderer.removeListener(channel, hear);
  };
};

/** The window's only access to Electron. */
const bridge: AgentBridge = {
  send: (message) => ipcRenderer.send(channels.send, message),
  onMessage: (listener) => listen(channels.message, listener),
  onEnd: (listener) => listen(channels.end, () => listener()),
};

ipcRenderer.send(channels.load);
contextBridge.exposeInMainWorld('k8sTunnels', bridge);
