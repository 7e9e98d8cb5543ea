import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clientsDocument } from './document.ts';

/** `node test/clients/write-document.ts`: writes docs/clients.md. */
await writeFile(path.resolve(import.meta.dirname, '../../docs/clients.md'), clientsDocument());
