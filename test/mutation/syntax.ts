import type { ESTree } from 'vite';

export type Node = ESTree.Node;

/** Recognises the nodes among the values of a syntax tree. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
