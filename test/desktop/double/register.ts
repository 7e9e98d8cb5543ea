import { registerHooks } from 'node:module';

/** `node --import` this file: whoever imports `electron` gets the double. */
const url = new URL('electron.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
});
