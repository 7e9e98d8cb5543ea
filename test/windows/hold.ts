import { closeSync, constants, openSync, rmSync, writeFileSync } from 'node:fs';

/**
 * `node hold.ts FILE MS shared|exclusive`: has a file open as a virus scanner or an editor has, and is seen by FILE.held
 * while it does. `exclusive` is libuv's UV_FS_O_EXLOCK: nobody else may even read the file.
 */
const [file = '', ms = '', mode = ''] = process.argv.slice(2);
const descriptor = openSync(file, constants.O_RDONLY | (mode === 'exclusive' ? 0x10000000 : 0));
writeFileSync(`${file}.held`, '');
setTimeout(() => {
  closeSync(descriptor);
  rmSync(`${file}.held`);
}, Number(ms));
