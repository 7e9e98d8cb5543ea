import { stat } from 'node:fs/promises';
import path from 'node:path';
import { buildExecutable } from './packaging/executable.ts';

/** `npm run executable`: builds the command line as one file for this computer, dist/cli/k8s-tunnels. */
const name = process.platform === 'win32' ? 'k8s-tunnels.exe' : 'k8s-tunnels';
const file = path.resolve(import.meta.dirname, '..', 'dist', 'cli', name);
await buildExecutable({ file });
console.log(`${path.relative(process.cwd(), file)}: ${Math.round((await stat(file)).size / 1e6)} MB`);
