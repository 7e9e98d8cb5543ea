/**
 * What a sandboxed preload sees, as a script that runs before the page's own: `require` knows `electron` alone, values
 * cross the bridge as copies and functions as wrappers.
 */
export function preloadScript(code: string): string {
  return `(() => {
    const listeners = new Map();
    const call = globalThis.__electronIpc;
    delete globalThis.__electronIpc;
    Object.defineProperty(globalThis, '__electronDeliver', {
      value: (channel, args) => { for (const listener of [...(listeners.get(channel) ?? [])]) listener({}, ...args); },
    });
    const ipcRenderer = {
      send(channel, ...args) { void call({ channel, args: structuredClone(args) }); },
      on(channel, listener) { listeners.set(channel, [...(listeners.get(channel) ?? []), listener]); return ipcRenderer; },
      removeListener(channel, listener) {
        listeners.set(channel, (listeners.get(channel) ?? []).filter((other) => other !== listener));
        return ipcRenderer;
      },
    };
    const isPlain = (value) => typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    const bridge = (value) => {
      if (typeof value === 'function') {
        return (...args) => bridge(value(...args.map((one) => (typeof one === 'function' ? one : structuredClone(one)))));
      }
      if (isPlain(value)) return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, bridge(one)])));
      return structuredClone(value);
    };
    const contextBridge = {
      exposeInMainWorld(key, api) { Object.defineProperty(globalThis, key, { value: bridge(api), enumerable: true }); },
    };
    const require = (name) => {
      if (name === 'electron') return { ipcRenderer, contextBridge };
      throw new Error('module not found: ' + name);
    };
    const module = { exports: {} };
    ((require, module, exports) => { ${code}\n })(require, module, module.exports);
  })()`;
}
