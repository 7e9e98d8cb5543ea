import type { Context } from '../../model/kubeconfig-view.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';

/** Lists all contexts of the kubeconfig, with the current one marked. With `names`, prints only their names. */
export async function runContexts(session: Session, flags: { readonly names: boolean }): Promise<number> {
  const { client, json, place, orInterrupted, progress } = session;
  const { contexts } = await orInterrupted(client.call('contexts', { place }));
  progress.end();
  if (json) writeJson({ contexts });
  else if (flags.names) writeLines(contexts.map(({ name }) => printable(name)));
  else {
    writeLines(table(contexts.map(contextRow)));
    if (contexts.length === 0) writeAside(['The kubeconfig has no contexts.']);
  }
  return exitCodes.ok;
}

function contextRow({ name, current, status, title, production }: Context): readonly string[] {
  return [
    current ? '*' : ' ',
    production ? paint(['red', 'bold'], printable(name)) : printable(name),
    production ? paint(['red', 'bold'], 'production') : '',
    status === 'other' ? '' : status,
    title === undefined || title === name ? '' : paint('dim', printable(title)),
  ];
}
