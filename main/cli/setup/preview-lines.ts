import type { SetupPreview } from '../../model/organisation-view.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';

/** Describes what a setup changes, as lines for a terminal. */
export function previewLines(preview: SetupPreview, isReview = false): readonly string[] {
  const { name, place, settings, remarks, conflict } = preview;
  const fields = isReview ? preview.fields.filter(({ before }) => before !== undefined) : preview.fields;
  const rows = fields.map(({ field, value, before }) => [
    printable(field),
    printable(value === '' ? 'not set' : value),
    before === undefined
      ? ''
      : paint('dim', `now ${printable(before === '' ? 'not set' : before)}`, process.stderr),
  ]);
  const changes = settings.map(({ name: setting, value, before, locked }) => [
    setting,
    printable(value === '' ? 'empty' : value),
    [
      ...(value === before ? [] : [`now ${printable(before === '' ? 'empty' : before)}`]),
      ...(locked ? ['managed'] : []),
    ].join(', '),
  ]);
  return [
    `${paint('bold', printable(name), process.stderr)}, from ${printable(place)}, ${signatureWords(preview)}`,
    ...(isReview ? [rows.length === 0 ? 'No changes.' : 'Changes:'] : []),
    ...table(rows, '  '),
    ...(changes.length === 0 ? [] : ['Changed settings:', ...table(changes, '  ')]),
    ...remarks.map((remark) => `${paint('yellow', '!', process.stderr)} ${printable(remark)}`),
    ...(conflict === undefined
      ? []
      : [
          `${paint('yellow', '!', process.stderr)} It replaces ${printable(conflict.name)} from ${printable(conflict.place)}, which needs --replace.`,
        ]),
  ];
}

function signatureWords({ signed, key, unchecked }: SetupPreview): string {
  if (signed) return `signed with the key ${key}`;
  if (key !== undefined) return `signed with the key from the link: ${key}`;
  return unchecked ? 'not signed: verify the signature beside it with --key' : 'not signed';
}
