import { z } from 'zod';
import { organisationSchema } from '../../main/model/organisation.ts';
import { defaultSettings, settingNames, settingsSchema } from '../../main/model/settings.ts';
import { settingsText } from '../../renderer/settings/text.ts';

/** Of a JSON schema what these tables show. */
interface Node {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
}

const nodeOf = (schema: z.ZodType): Node => z.toJSONSchema(schema, { io: 'input' }) as Node;

/** Returns the type of a value in words. */
function typeText({ type, enum: choices, const: only, minimum, maximum, items, maxItems }: Node): string {
  if (only !== undefined) return `\`${String(only)}\``;
  if (choices !== undefined) return choices.map((one) => `\`${String(one)}\``).join(', ');
  switch (type) {
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
    case 'number': {
      const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
      return isBounded ? `number, ${minimum} to ${maximum}` : `number from ${minimum}`;
    }
    case 'array': {
      const most = maxItems === undefined ? '' : `, at most ${maxItems}`;
      // The names of all settings would fill the page.
      const isLong = (items?.enum?.length ?? 0) > 10;
      return `list${items?.enum === undefined || isLong ? '' : ` of ${typeText(items)}`}${most}`;
    }
    case 'object':
      return '';
    default:
      return 'text';
  }
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : value.map(valueText).join(', ');
  return value === '' ? 'empty' : `\`${String(value)}\``;
}

const settings = nodeOf(settingsSchema).properties ?? {};

/** A row for each setting: its name, its title in the window, type, default, and what it does. */
export function settingRows(): readonly (readonly string[])[] {
  const [byOrganisation, lockable] = [
    Object.keys(nodeOf(organisationSchema).properties?.defaults?.properties ?? {}),
    nodeOf(organisationSchema).properties?.locked?.items?.enum ?? [],
  ];
  return settingNames.map((name) => {
    const node = settings[name] ?? {};
    const [title] = settingsText[name];
    const isOwn = !byOrganisation.includes(name) && lockable.includes(name);
    return [
      `\`${name}\``,
      title,
      typeText(node),
      valueText(defaultSettings[name]),
      `${node.description ?? ''}${isOwn ? " An organisation's `defaults` cannot set it." : ''}`,
    ];
  });
}

/** A row for each field of an organisation's configuration: its path, type, default, and what it does. */
export function organisationRows(): readonly (readonly string[])[] {
  return rowsOf(nodeOf(organisationSchema), '');
}

function rowsOf(node: Node, at: string): readonly (readonly string[])[] {
  const inside = node.type === 'array' ? node.items : node;
  const base = node.type === 'array' ? `${at}[]` : at;
  return Object.entries(inside?.properties ?? {}).flatMap(([name, field]) => {
    const path = base === '' ? name : `${base}.${name}`;
    // Settings have a table of their own.
    if (at === 'defaults' && Object.hasOwn(settings, name)) return [];
    const isNeeded = inside?.required?.includes(name) ?? false;
    const what = field.description ?? field.items?.description ?? '';
    return [
      [
        `\`${path}\``,
        typeText(field),
        isNeeded
          ? 'needed'
          : field.default === undefined || field.type === 'object'
            ? ''
            : valueText(field.default),
        path === 'defaults' ? `${what} Fields are the [settings](#settings), and:` : what,
      ],
      ...rowsOf(field, path),
    ];
  });
}
