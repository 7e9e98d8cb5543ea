import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';
import type { CheckReport } from './check-report.ts';

/** Describes a check, as lines for a terminal and for the log of a build: `file:line:column` begins each finding. */
export function checkLines(report: CheckReport): readonly string[] {
  const { source, name, revision, findings, compared, fields = [], settings = [], addresses } = report;
  const at = ({ line, column }: { readonly line: number; readonly column: number }) =>
    `${printable(source)}:${line}:${column}`;
  const changed = fields.filter(({ before }) => compared === undefined || before !== undefined);
  const wrong = findings.length + addresses.filter(({ ok }) => !ok).length;
  const isRefused = report.signature.state === 'refused';
  return [
    `${paint('bold', name === undefined ? 'No valid configuration' : printable(name))}, from ${printable(source)}, revision ${revision ?? 'none'}`,
    ...signatureLines(report.signature),
    ...findings.flatMap((finding) => [
      `${paint('red', '✗')} ${at(finding)} ${finding.field === '' ? '' : `${printable(finding.field)}: `}${printable(finding.message)}`,
      `  ${printable(finding.fix)}`,
    ]),
    ...(compared === undefined
      ? []
      : [
          `Compared with ${printable(compared.name)}, from ${printable(compared.place)}, revision ${compared.revision ?? 'none'}: ${orders[compared.order]}`,
        ]),
    ...(changed.length + settings.length === 0 ? [] : ['What changes for users:']),
    ...table(
      [
        ...changed.map(({ field, value, before }) => [field, value, before]),
        ...settings.map((one) => [
          `setting ${one.name}`,
          `${one.value}${one.locked ? ' (locked)' : ''}`,
          one.before === one.value ? undefined : one.before,
        ]),
      ].map(([field = '', value = '', before]) => [
        printable(field),
        printable(value === '' ? 'not set' : value),
        before === undefined ? '' : paint('dim', `now ${printable(before === '' ? 'not set' : before)}`),
      ]),
      '  ',
    ),
    ...(report.remarks ?? []).map((remark) => `${paint('yellow', '!')} ${printable(remark)}`),
    ...(addresses.length === 0 ? [] : ['Addresses:']),
    ...addresses.flatMap((address) => {
      const { ok, field, url, message, fix } = address;
      const mark = ok ? paint('green', '✓') : paint('red', '✗');
      return [
        `${mark} ${ok ? '' : `${at(address)} `}${printable(field)}: ${printable(url)} ${printable(message)}`,
        ...(fix === undefined ? [] : [`  ${printable(fix)}`]),
      ];
    }),
    report.ok
      ? `${paint('green', '✓')} Nothing is wrong.`
      : `${paint('red', '✗')} ${wrong + (isRefused ? 1 : 0)} to correct.`,
  ];
}

function signatureLines({
  state,
  key = '',
  message = '',
  fix = '',
}: CheckReport['signature']): readonly string[] {
  switch (state) {
    case 'signed':
      return [`${paint('green', '✓')} signed with the key ${key}`];
    case 'unchecked':
      return ['  signed; --key checks with which key'];
    case 'unsigned':
      return ['  not signed'];
    case 'refused':
      return [`${paint('red', '✗')} ${printable(message)}`, `  ${fix}`];
  }
}

const orders = {
  newer: 'newer',
  same: 'the same',
  'same-but-changed': 'the same revision, with other content',
  older: 'older',
  other: 'another organisation',
} as const;
