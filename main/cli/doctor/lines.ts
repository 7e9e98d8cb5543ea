import { plural } from '../../model/wording.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';
import { type ClientReport, clientName } from './checks/clients.ts';
import { areaOf, areas, type Finding } from './finding.ts';
import type { Fixed } from './fixes.ts';

/** The result of a run. */
export interface Report {
  readonly clients: readonly ClientReport[];
  readonly fixed: readonly Fixed[];
  readonly findings: readonly Finding[];
}

/** Returns the report as lines: the clients, then what is wrong by area, then what was fixed. */
export function reportLines({ clients, fixed, findings }: Report): readonly string[] {
  const parts = Object.entries(areas).map(([area, title]) => {
    const own = findings.filter((finding) => areaOf(finding) === area).flatMap(findingLines);
    const lines = area === 'clients' ? [...clientLines(clients), ...own] : own;
    return lines.length === 0 ? [] : [paint('bold', title), ...lines, ''];
  });
  const done = fixed.map(
    ({ subject, done }) => `  ${paint('green', '✓')} ${printable(`${subject}: ${done}`)}`,
  );
  return [...parts.flat(), ...(done.length === 0 ? [] : [paint('bold', 'Fixed'), ...done, ''])].slice(0, -1);
}

function clientLines(clients: readonly ClientReport[]): readonly string[] {
  return table(
    clients.map((client) => [
      paint('green', '●'),
      printable(clientName(client)),
      client.form,
      printable(client.why),
      paint('dim', printable(client.where)),
    ]),
    '  ',
  );
}

function findingLines({ code, severity, subject, reason, fix }: Finding): readonly string[] {
  return [
    `  ${mark(severity)} ${printable(`${subject}: ${reason}`)} ${paint('dim', `[${code}]`)}`,
    `    ${printable(fix)}`,
  ];
}

function mark(severity: Finding['severity']): string {
  switch (severity) {
    case 'error':
      return paint('red', '✗');
    case 'warning':
      return paint('yellow', '!');
    case 'info':
      return '·';
  }
}

/** Counts what is wrong, in a sentence. */
export function summary({ findings, fixed }: Pick<Report, 'findings' | 'fixed'>): string {
  const count = (severity: Finding['severity']) =>
    findings.filter((finding) => finding.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const repaired = fixed.length === 0 ? '' : ` ${plural(fixed.length, { other: '# fixed' })}.`;
  if (errors + warnings === 0) return `No problems found.${repaired}`;
  const counted = `${plural(errors, { one: '# error', other: '# errors' })}, ${plural(warnings, { one: '# warning', other: '# warnings' })}`;
  const more = findings.some(({ isFixable }) => isFixable) ? ' k8s-tunnels doctor --fix fixes some.' : '';
  return `${counted}.${repaired}${more} Each code has a section in docs/troubleshooting.md.`;
}
