import type { Output } from '../../api/contract.ts';
import { listed } from '../../model/wording.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';

type Shown = Output<'setup-show'>;

/** Describes the configuration in effect, and a managed file that is not. */
export function shownLines({ organisation, refused }: Shown): readonly string[] {
  return [
    ...(organisation === undefined ? ['No organisation is configured.'] : viewLines(organisation)),
    ...(refused === undefined
      ? []
      : [
          `${paint('yellow', '!')} ${printable(refused.place)} is not used (tried ${ago(refused.at)}): ${printable(refused.error.message)}`,
          ...(refused.error.hint === undefined ? [] : [`  ${printable(refused.error.hint)}`]),
        ]),
  ];
}

export function viewLines(view: Shown['organisation']): readonly string[] {
  if (view === undefined) return [];
  const {
    name,
    origin,
    place,
    signed,
    signers,
    keys,
    revision,
    pending,
    readAt,
    team,
    links,
    locked,
    failed,
    pilot,
  } = view;
  const from = origin === 'managed' ? 'managed by this computer’s administrators' : 'set up by you';
  const rows = [
    ['from', printable(place)],
    ['', `${from}${signed ? ', signed' : ''}, read ${ago(readAt)}`],
    ['revision', String(revision ?? 'none')],
    ['pilot group', printable(pilot?.line ?? '')],
    ['signature', signed ? 'required' : signers === undefined ? 'none' : 'of a key that came with the link'],
    ['signed by', (signers ?? []).join(', ')],
    ['keys from now on', (keys ?? []).join(', ')],
    [
      'last refresh',
      failed === undefined
        ? ''
        : `failed ${ago(failed.at)}, this version stays in effect: ${printable(failed.error.message)}`,
    ],
    ['', failed?.error.hint === undefined ? '' : printable(failed.error.hint)],
    [
      'waiting',
      pending === undefined
        ? ''
        : `a new configuration changes ${printable(listed(pending))}: k8s-tunnels setup --review`,
    ],
    ['team', team ?? ''],
    ['support', links.support ?? ''],
    ['access requests', links.accessRequest ?? ''],
    ['managed settings', listed(locked)],
  ].filter(([, value]) => value !== '');
  return [paint('bold', printable(name)), ...table(rows, '  ')];
}

function ago(at: number): string {
  return `${span(Date.now() - at)} ago`;
}
