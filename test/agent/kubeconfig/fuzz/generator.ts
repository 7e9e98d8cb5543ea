import type { Random } from './random.ts';

/** Writes a kubeconfig in one of the many forms that YAML has for it. `mark` makes its names its own. */
export function generate(random: Random, mark: string): Buffer {
  const { chance, pick, below } = random;
  const writer = createWriter(random, mark);
  let text = writer.file();
  if (chance(0.25)) text = mutate(random, text);
  if (chance(0.05)) text = text.trimEnd();
  if (chance(0.05)) text = text.slice(0, below(text.length + 1));
  const eol = pick(['\n', '\n', '\n', '\n', '\n', '\n', '\r\n', '\r\n', '\r', '\u0085', '\u2028', 'mixed']);
  if (eol !== '\n')
    text = text.replaceAll('\n', () =>
      eol === 'mixed' ? pick(['\n', '\r\n', '\r', '\u0085', '\u2029']) : eol,
    );
  if (chance(0.05)) text = `\ufeff${text}`;
  return Buffer.from(text);
}

const words = [
  'a',
  'prod',
  'yes',
  'on',
  'null',
  '017',
  '0x1f',
  '1e3',
  '~',
  '2026-01-01',
  '8240e3',
  'a: b',
  'x #y',
] as const;
const letters = [
  '"',
  "'",
  ':',
  '-',
  '[',
  ']',
  '{',
  '}',
  ',',
  '#',
  '&a',
  '*a',
  '!',
  '|',
  '>',
  '?',
  '%',
  '\t',
  ' ',
  '\n',
  '<<: ',
  'é',
  '\u0007',
] as const;

/** Changes a text at a few places, as a slip of the hand would. */
function mutate({ below, pick, chance }: Random, original: string): string {
  let text = original;
  for (let count = 1 + below(3); count > 0; count -= 1) {
    const at = below(text.length + 1);
    if (chance(0.4)) text = text.slice(0, at) + pick(letters) + text.slice(at);
    else if (chance(0.5)) text = text.slice(0, at) + text.slice(at + 1 + below(3));
    else {
      const lines = text.split('\n');
      const line = below(lines.length);
      if (chance(0.5)) lines.splice(line, 1);
      else lines.splice(line, 0, pick([lines[below(lines.length)] ?? '', '  # note', '---', '...', '']));
      text = lines.join('\n');
    }
  }
  return text;
}

function createWriter(random: Random, mark: string) {
  const { chance, pick, below } = random;
  let names = 0;
  let anchors = 0;
  /** Anchors of mappings, of lists and of text so far. */
  const known = { map: [] as string[], list: [] as string[], text: [] as string[] };

  const anchorFor = (kind: keyof typeof known): string => {
    if (!chance(0.08)) return '';
    anchors += 1;
    const name = `a${anchors}`;
    known[kind].push(name);
    return `&${name} `;
  };
  const aliasOf = (kind: keyof typeof known): string | undefined => {
    const [first, ...rest] = known[kind];
    return first !== undefined && chance(0.15) ? `*${pick([first, ...rest])}` : undefined;
  };
  const comment = () => (chance(0.06) ? ` # ${pick(['note', 'a, b', '{', "it's", '- x'])}` : '');
  const lineComment = (pad: string) =>
    chance(0.05) ? `${chance(0.5) ? pad : ''}# ${pick(['note', 'x: y', '- a'])}\n` : '';

  /** A text in some style that fits on one line. */
  const short = (value: string, flow: boolean): string => {
    const isSafe =
      /^[A-Za-z][A-Za-z0-9/.:+=-]*$/.test(value) &&
      !/:$/.test(value) &&
      !words.some((word) => word === value);
    const tag = chance(0.02) ? pick(['!!str ', '!x ', '! ']) : '';
    if (isSafe && chance(0.6) && !(flow && /[,[\]{}?]/.test(value))) return tag + value;
    if (chance(0.4)) return `${tag}'${value.replaceAll("'", "''")}'`;
    return tag + JSON.stringify(value);
  };

  /** A text in some style, with further lines at `column`. */
  const scalar = (value: string, column: number, flow: boolean): string => {
    const alias = aliasOf('text');
    if (alias !== undefined && chance(0.3)) return `${alias}${comment()}`;
    const anchor = anchorFor('text');
    const pad = ' '.repeat(column);
    if (!flow && chance(0.06))
      return `${anchor}${pick(['|', '>', '|-', '>-', '|+', '>+', '|2-', '>1'])}${comment()}\n${pad}${pad === '' ? ' ' : ''} ${value}\n${chance(0.2) ? '\n' : ''}`.trimEnd();
    if (chance(0.03)) return `${anchor}"${value.slice(0, 1)}\\\n${pad} ${value.slice(1)}"`;
    if (!flow && chance(0.03))
      return `${anchor}${pick(['some', 'more'])}\n${pad} ${pick(['where', 'words'])}`;
    return `${anchor}${short(value, flow)}${flow ? '' : comment()}`;
  };

  const odd = (): string =>
    pick([
      '1',
      'true',
      'null',
      '~',
      '1.5',
      '[]',
      '{}',
      '2026-01-01',
      '0o17',
      'yes',
      '""',
      '.inf',
      '!!int 5',
      '!!null x',
    ]);
  const textField = (column: number, flow: boolean, value: string) =>
    chance(0.02) ? odd() : scalar(value, column, flow);

  type Field = readonly [key: string, write: (column: number, flow: boolean) => string];

  const key = (name: string) => (chance(0.05) ? pick([`"${name}"`, `'${name}'`]) : name);

  const map = (fields: readonly Field[], column: number, flow: boolean): string => {
    const pairs = fields.filter(() => !chance(0.04));
    if (chance(0.04))
      pairs.push([pick(['x-note', 'extra', '1', 'y']), () => pick(['1', 'null', 'z', '[1, 2]', '{a: b}'])]);
    if (flow || chance(0.12) || pairs.length === 0) {
      const gap = chance(0.15) ? `\n${' '.repeat(below(6))}` : '';
      const inner = pairs.map(([name, write]) => `${gap}${key(name)}: ${write(column, true)}`).join(', ');
      return `${anchorFor('map')}{${inner}${chance(0.05) && pairs.length > 0 ? ',' : ''}${gap}}`;
    }
    const anchor = anchorFor('map');
    const merged = chance(0.04) ? aliasOf('map') : undefined;
    const pad = ' '.repeat(column);
    const lines = pairs.map(([name, write]) => {
      const isExplicit = chance(0.01);
      return `${lineComment(pad)}${pad}${isExplicit ? `? ${name}\n${pad}` : key(name)}: ${write(column + 2, false)}\n`;
    });
    if (merged !== undefined) lines.splice(below(lines.length + 1), 0, `${pad}<<: ${merged}\n`);
    return `${anchor.trimEnd()}\n${lines.join('')}`.trimEnd();
  };

  const extensions: Field = [
    'extensions',
    (column, flow) =>
      flow
        ? '[{name: x, extension: {a: 1}}]'
        : `\n${' '.repeat(column)}- name: x\n${' '.repeat(column)}  extension: {a: [1, yes]}`,
  ];
  const name = (): Field => {
    names += 1;
    const value = chance(0.05) ? pick(words) : `${mark}-${names}`;
    return ['name', (column, flow) => (chance(0.01) ? odd() : scalar(value, column, flow))];
  };
  const bodies: Readonly<Record<string, () => readonly Field[]>> = {
    clusters: () => [
      ['server', (column, flow) => textField(column, flow, 'https://a.example.test:6443')],
      [
        'certificate-authority-data',
        (column, flow) => textField(column, flow, chance(0.02) ? 'not base64!' : pick(['LS0t', 'LS0tLQ=='])),
      ],
      ['insecure-skip-tls-verify', () => pick(['true', 'false', 'no', 'off'])],
      ...(chance(0.2) ? [extensions] : []),
    ],
    contexts: () => [
      ['cluster', (column, flow) => textField(column, flow, `${mark}-1`)],
      ['user', (column, flow) => textField(column, flow, 'admin')],
      ['namespace', (column, flow) => textField(column, flow, pick(['team', ...words]))],
    ],
    users: () => [
      ['token', (column, flow) => textField(column, flow, pick(['fake', '017', 'x y']))],
      [
        'exec',
        (column, flow) =>
          map(
            [
              ['apiVersion', (inner, isFlow) => textField(inner, isFlow, 'client.authentication.k8s.io/v1')],
              ['command', (inner, isFlow) => textField(inner, isFlow, 'demo')],
              ['args', () => (chance(0.02) ? '[1]' : pick(['[]', '[a, "b"]', 'null']))],
              ['env', () => pick(['null', '[]', '[{name: A, value: "1"}]'])],
            ],
            column,
            flow,
          ),
      ],
    ],
  };

  const item = (list: string, column: number, flow: boolean): string => {
    const kind = list.slice(0, -1);
    const body: Field = [
      kind,
      (inner, isFlow) => aliasOf('map') ?? map(bodies[list]?.() ?? [], inner, isFlow),
    ];
    const fields = chance(0.5) ? [name(), body] : [body, name()];
    return map(fields, column, flow);
  };

  const list = (listName: string, column: number): string => {
    const alias = aliasOf('list');
    if (alias !== undefined && chance(0.2)) return ` ${alias}`;
    if (chance(0.12))
      return pick(['', ' null', ' ~', ' []', ' [ ]', ' [\n]', ' {}', ' !!null ~', ' # none', ' !!seq []']);
    const count = 1 + below(3);
    const tag = chance(0.02) ? pick(['!!seq', '!x']) : '';
    const anchor = [anchorFor('list').trimEnd(), tag].filter(Boolean).join(' ');
    const lead = anchor === '' ? '' : ` ${anchor}`;
    const items = (at: number, flow: boolean) =>
      Array.from({ length: count }, () => item(listName, at, flow));
    if (chance(0.2)) {
      const gap = pick(['', ' ', '\n  ', '\n', '\n    ']);
      const end = pick([gap, '\n', '', ' ,', ', # end\n']);
      return `${lead} [${items(column, true)
        .map((one) => `${gap}${one}`)
        .join(',')}${end}]`;
    }
    const dashColumn = column + pick([0, 0, 2, 4]);
    const pad = ' '.repeat(dashColumn);
    const blocks = items(dashColumn + 2, false).map((one) => {
      const text = one.startsWith('\n') && chance(0.9) ? one.slice(1 + dashColumn + 2) : one;
      return `${lineComment(pad)}${pad}- ${text}\n`;
    });
    if (chance(0.05)) blocks.splice(below(blocks.length + 1), 0, `${pad}-\n`);
    return `${lead}\n${blocks.join('')}`.trimEnd();
  };

  const file = (): string => {
    if (chance(0.03))
      return pick([
        '',
        '\n',
        '# only a comment\n',
        '---\n',
        'null\n',
        '--- ~\n',
        '{}\n',
        '[]\n',
        'text\n',
        '--- # x\n...\n',
      ]);
    const column = chance(0.04) ? 2 : 0;
    const pad = ' '.repeat(column);
    const parts: string[] = [];
    const fill = (key: string, value: string) => parts.push(`${pad}${key}:${value}\n`);
    if (chance(0.8)) fill('apiVersion', ` ${chance(0.02) ? pick(['v2', '1', 'v1beta1']) : 'v1'}`);
    if (chance(0.8)) fill('kind', ` ${chance(0.02) ? pick(['List', 'config', '""']) : 'Config'}${comment()}`);
    if (chance(0.15)) fill('preferences', pick([' {}', '', ' null', ' {colors: true}']));
    if (chance(0.06)) fill('x-shared', ` ${map(bodies.clusters?.() ?? [], column + 2, false)}`);
    for (const listName of ['clusters', 'contexts', 'users'])
      if (chance(0.9)) fill(key(listName), list(listName, column));
    if (chance(0.7))
      fill(
        key('current-context'),
        ` ${chance(0.06) ? '' : scalar(pick([`${mark}-2`, 'x', 'some where']), column + 1, false)}`,
      );
    if (chance(0.03)) fill(pick(['clusters', 'current-context']), pick([' []', ' x', '']));
    if (chance(0.03)) parts.push(`${pad}<<: ${aliasOf('map') ?? '{}'}\n`);
    const order = chance(0.4)
      ? parts
          .map((part) => [below(100), part] as const)
          .toSorted((a, b) => a[0] - b[0])
          .map(([, part]) => part)
      : parts;
    const body = order.map((part) => `${lineComment(pad)}${part}${chance(0.03) ? '\n' : ''}`).join('');
    const head = chance(0.1)
      ? pick([
          '---\n',
          '--- # x\n',
          '%YAML 1.1\n---\n',
          '\n---\n',
          '---\n---\n',
          '%YAML 1.2\n---\n',
          '# c\n---\n',
        ])
      : '';
    const tail = chance(0.1)
      ? pick(['...\n', '---\n', '---\nother: 1\n', '---\n\tbroken: [\n', '# end\n', '\n\n'])
      : '';
    return head + body + tail;
  };
  return { file };
}
