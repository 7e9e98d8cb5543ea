import { isNode, type Node } from './syntax.ts';

/** A replacement of a part of the source text. */
export interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Each operator, and what a mistake would make of it. */
const operators: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+=': ['-='],
  '-=': ['+='],
  '??=': ['&&='],
};

const methods: Readonly<Record<string, string>> = {
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  some: 'every',
  every: 'some',
  toLowerCase: 'toUpperCase',
  toUpperCase: 'toLowerCase',
};
const ofMath: Readonly<Record<string, string>> = { min: 'max', max: 'min', ceil: 'floor', floor: 'ceil' };
/** Methods whose result is of the kind of what they are called on, so that the call can go. */
const removable = new Set(['trim', 'sort', 'toSorted', 'reverse', 'toReversed', 'filter', 'slice', 'unref']);
const logCall = /\blog(?:ger)?\??\.(?:trace|debug|info|warn|error)$/;
const largestCount = 10;

/**
 * Returns the changes that are tried at a node. None for what the log says and for sentences: their wording is
 * checked elsewhere or not at all.
 */
export function changesOf(node: Node, parents: readonly Node[], source: string): readonly Change[] {
  if (parents.some((one) => isLogCall(one, source)) || isLogCall(node, source)) return [];
  const parent = parents.at(-1);
  const textOf = (part: Node) => source.slice(part.start, part.end);
  const whole = (text: string): Change => ({ start: node.start, end: node.end, text });
  switch (node.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return ['true', 'false'].map((text) => ({ start: node.test.start, end: node.test.end, text }));
    case 'WhileStatement':
    case 'DoWhileStatement':
      return [{ start: node.test.start, end: node.test.end, text: 'false' }];
    case 'BinaryExpression':
      if (node.operator === '+' && [node.left, node.right].some(isText)) return [];
      return replaced(node.operator).map((to) => whole(`(${textOf(node.left)} ${to} ${textOf(node.right)})`));
    case 'LogicalExpression':
      return replaced(node.operator).map((to) => whole(`(${textOf(node.left)} ${to} ${textOf(node.right)})`));
    case 'AssignmentExpression':
      return replaced(node.operator).map((to) => whole(`${textOf(node.left)} ${to} ${textOf(node.right)}`));
    case 'UnaryExpression':
      return node.operator === '!' || node.operator === '-' ? [whole(textOf(node.argument))] : [];
    case 'UpdateExpression':
      return [whole(textOf(node).replace(/\+\+|--/, (found) => (found === '++' ? '--' : '++')))];
    case 'Literal':
      return isName(node, parent) ? [] : literal(node.value, textOf(node)).map(whole);
    case 'TemplateLiteral':
      return textOf(node).includes(' ') || parent?.type === 'TaggedTemplateExpression' ? [] : [whole('``')];
    case 'ArrayExpression':
      return node.elements.length > 0 ? [whole('[]')] : [];
    case 'ObjectExpression':
      return node.properties.length > 0 && !isErrorOption(parent) ? [whole('{}')] : [];
    case 'ArrowFunctionExpression':
      return node.body.type === 'BlockStatement' ||
        textOf(node.body) === 'undefined' ||
        isLogCall(node.body, source)
        ? []
        : [{ start: node.body.start, end: node.body.end, text: 'undefined' }];
    case 'BlockStatement':
      return !node.body.every((one) => isLogCall(one, source)) && isBody(parent) ? [whole('{}')] : [];
    case 'ExpressionStatement':
      return isStep(node.expression) && !isWholeBody(node, parents) ? [whole(';')] : [];
    case 'CallExpression':
      return called(node.callee, node.end, source);
    case 'MemberExpression':
      if (!node.optional || node.computed) return [];
      return [{ start: node.object.end, end: node.property.start, text: '.' }];
    default:
      return [];
  }
}

function replaced(operator: string): readonly string[] {
  return operators[operator] ?? [];
}

function literal(value: unknown, text: string): readonly string[] {
  if (typeof value === 'boolean') return [String(!value)];
  if (typeof value === 'number') return value <= largestCount ? [String(value + 1)] : [];
  if (text.startsWith('/')) return regularExpression(text);
  if (typeof value !== 'string' || value.includes(' ')) return [];
  return [value === '' ? "'mutated'" : "''"];
}

/** Drops an anchor or the flag that ignores case. */
function regularExpression(text: string): readonly string[] {
  const [, body = '', flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(text) ?? [];
  return [
    ...(body.startsWith('^') && body.length > 1 ? [`/${body.slice(1)}/${flags}`] : []),
    ...(body.endsWith('$') && !body.endsWith('\\$') && body.length > 1
      ? [`/${body.slice(0, -1)}/${flags}`]
      : []),
    ...(flags.includes('i') ? [`/${body}/${flags.replace('i', '')}`] : []),
  ];
}

function called(callee: Node, end: number, source: string): readonly Change[] {
  if (callee.type !== 'MemberExpression' || callee.computed) return [];
  const name = source.slice(callee.property.start, callee.property.end);
  const other = (source.slice(callee.object.start, callee.object.end) === 'Math' ? ofMath : methods)[name];
  if (other !== undefined) return [{ start: callee.property.start, end: callee.property.end, text: other }];
  return removable.has(name) ? [{ start: callee.object.end, end, text: '' }] : [];
}

function isLogCall(node: Node, source: string): boolean {
  if (node.type === 'ExpressionStatement') return isLogCall(node.expression, source);
  return node.type === 'CallExpression' && logCall.test(source.slice(node.callee.start, node.callee.end));
}

/** The name of a property or a directive: no value. */
function isName(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return true;
  if ('key' in parent && parent.key === node && !('computed' in parent && parent.computed)) return true;
  return 'directive' in parent && parent.directive !== undefined && parent.directive !== null;
}

function isText(node: Node): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');
}

/** The hint and the cause of an error are what it says. */
function isErrorOption(parent: Node | undefined): boolean {
  return (
    parent?.type === 'NewExpression' && 'name' in parent.callee && /Error$/.test(String(parent.callee.name))
  );
}

/** Those of conditions and loops are left out: a changed condition has the same effect. */
function isBody(parent: Node | undefined): boolean {
  if (parent === undefined) return false;
  return /^(?:Function|ArrowFunction|TryStatement|CatchClause)/.test(parent.type);
}

function isStep(expression: Node): boolean {
  const call = expression.type === 'AwaitExpression' ? expression.argument : expression;
  if (call.type === 'UnaryExpression' && call.operator === 'void') return true;
  return /^(?:CallExpression|ChainExpression|AssignmentExpression)$/.test(call.type);
}

function isWholeBody(node: Node, parents: readonly Node[]): boolean {
  const block = parents.at(-1);
  if (block?.type === 'IfStatement') return true;
  if (block?.type !== 'BlockStatement' || block.body.length !== 1 || block.body[0] !== node) return false;
  const owner = parents.at(-2);
  return isNode(owner) && (isBody(owner) || owner.type === 'IfStatement');
}
