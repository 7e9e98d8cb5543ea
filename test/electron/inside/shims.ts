import 'core-js/es/array/from-async';
import 'core-js/es/iterator';
import 'core-js/es/map/group-by';
import 'core-js/es/object/group-by';
import 'core-js/es/promise/with-resolvers';
import 'core-js/es/set';
import 'core-js/es/symbol/dispose';
import 'core-js/full/url/can-parse';
import 'core-js/full/url/parse';
import 'core-js/web/url';
import crypto from 'node:crypto';
import diagnosticsChannel from 'node:diagnostics_channel';
import events from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import stream from 'node:stream';
import tls from 'node:tls';
import util from 'node:util';
import { app, safeStorage } from 'electron';

/**
 * Gives an Electron that is older than the app's what the app and its packages call. Runs before the app, as a script of
 * its own. Each shim names the first Electron that needs it no more, and does nothing where the call is there; the
 * imports of core-js do the same (V8: `Map.groupBy`, `Object.groupBy` and `Promise.withResolvers` since Electron 26,
 * `Array.fromAsync` since 28, methods of `Set` and `Iterator` since 29, `URL.canParse` since 29, `Symbol.dispose` and
 * `URL.parse` since 33).
 */
const shims: readonly {
  /** The major version of Electron that has it. */
  readonly until: number;
  readonly on: object;
  readonly name: string;
  readonly value: unknown;
}[] = [
  { until: 26, on: globalThis, name: 'crypto', value: crypto.webcrypto },
  // Vitest's and our own way to a module of Node without an import: Node 20.16.
  { until: 33, on: process, name: 'getBuiltinModule', value: createRequire(__filename) },
  // Called by pino, where nobody listens: Node 19.9.
  { until: 26, on: diagnosticsChannel, name: 'tracingChannel', value: tracingChannel },
  // Called by execa: Node 18.17, 18.18 and 18.16.
  { until: 26, on: stream, name: 'getDefaultHighWaterMark', value: highWaterMark },
  { until: 28, on: events, name: 'addAbortListener', value: addAbortListener },
  { until: 26, on: util, name: 'aborted', value: aborted },
  { until: 28, on: AbortSignal, name: 'any', value: anyOf },
  // Node 22.15 and 24.5: the lists of CA certificates.
  { until: 36, on: tls, name: 'getCACertificates', value: caCertificates },
  { until: 38, on: tls, name: 'setDefaultCACertificates', value: setCaCertificates },
  // In Electron since 25.4: on Linux `isEncryptionAvailable` is false before, where there is no keychain.
  { until: 26, on: safeStorage, name: 'getSelectedStorageBackend', value: storageBackend },
];

function tracingChannel(name: string): object {
  const parts = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
  const run = (work: (...args: unknown[]) => unknown, _context: unknown, self: unknown, ...args: unknown[]) =>
    work.apply(self, args);
  return {
    ...Object.fromEntries(parts.map((part) => [part, diagnosticsChannel.channel(`tracing:${name}:${part}`)])),
    hasSubscribers: false,
    subscribe() {},
    unsubscribe: () => true,
    traceSync: run,
    tracePromise: run,
  };
}

function highWaterMark(countsObjects: boolean): number {
  return countsObjects ? 16 : 64 * 1024;
}

function addAbortListener(signal: AbortSignal, listener: () => void): object {
  if (signal.aborted) queueMicrotask(listener);
  else signal.addEventListener('abort', listener, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', listener) };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => addAbortListener(signal, resolve));
}

function anyOf(signals: Iterable<AbortSignal>): AbortSignal {
  const all = new AbortController();
  const listeners = new Map<AbortSignal, () => void>();
  const abort = (reason: unknown) => {
    for (const [signal, listener] of listeners) signal.removeEventListener('abort', listener);
    all.abort(reason);
  };
  for (const signal of signals) {
    if (signal.aborted) {
      abort(signal.reason);
      break;
    }
    const listener = () => abort(signal.reason);
    signal.addEventListener('abort', listener, { once: true });
    listeners.set(signal, listener);
  }
  return all.signal;
}

let trusted: readonly string[] | undefined;

function caCertificates(type = 'default'): readonly string[] {
  if (type === 'bundled') return tls.rootCertificates;
  return type === 'default' ? (trusted ?? tls.rootCertificates) : [];
}

/** Node 18 trusts the certificates of each context: those that name none get these. */
function setCaCertificates(certificates: readonly string[]): void {
  trusted = [...certificates];
  tls.createSecureContext = (options = {}) =>
    createSecureContext(options.ca === undefined ? { ...options, ca: [...certificates] } : options);
}
const { createSecureContext } = tls;

function storageBackend(): string {
  return app.commandLine.getSwitchValue('password-store') === 'basic' ? 'basic_text' : 'gnome_libsecret';
}

for (const { on, name, value } of shims)
  if (Reflect.get(on, name) === undefined)
    Object.defineProperty(on, name, { value, configurable: true, writable: true });

/** Until Electron 28 (Node 18.19): the promise of a file of /proc ends at its first page. */
const { readFile } = fs.promises;
if (Number.parseInt(process.versions.electron, 10) < 28)
  Object.assign(fs.promises, {
    readFile: (file: string, options: BufferEncoding) =>
      typeof file === 'string' && file.startsWith('/proc/')
        ? util.promisify(fs.readFile)(file, options)
        : readFile(file, options),
  });

/** Every version: the sandbox was switched off for the run (root cannot have it), and this call would switch it on. */
if (app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox = () => {};
