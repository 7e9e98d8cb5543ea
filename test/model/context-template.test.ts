import { describe, expect, test } from 'vitest';
import { contextName, contextNames, templateProblem } from '../../main/model/context-name.ts';
import { settingsSchema } from '../../main/model/settings.ts';
import { eksCluster } from '../agent/catalog/clusters.ts';

const tagged = (name: string, group?: string) =>
  eksCluster(name, { tags: group === undefined ? {} : { 'k8s-tunnels-group': group } });

describe('context names', () => {
  test('follow the template', () => {
    const one = tagged('payments', 'shop');
    expect(contextName(one, [one], { template: '{group}/{name}' })).toBe('shop/payments');
    expect(contextName(one, [one], { template: '{source}-{region}:{name}' })).toBe('eks-eu-west-1:payments');
    expect(contextName(one, [one], { template: '{account}.{cluster}' })).toBe('111122223333.payments');
  });
  test('have no separator beside what a cluster lacks', () => {
    const one = tagged('payments');
    expect(contextName(one, [one], { template: '{group}/{name}' })).toBe('payments');
    expect(contextName(one, [one], { template: '{environment}/{group}/{name}' })).toBe('payments');
    expect(contextName(one, [one], { template: '{name}/{group}' })).toBe('payments');
  });
  test('stay safe in every shell, and differ where two would be the same', () => {
    const odd = tagged('a', 'my $(group)');
    expect(contextName(odd, [odd], { template: '{group}/{name}' })).toMatch(/^[\w.@/:-]+$/);
    const pair = [tagged('x'), { ...tagged('y'), title: 'x' }];
    const names = [...contextNames(pair, { template: '{group}/{name}' }).values()];
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^x-[0-9a-f]{8}$/);
  });
});

test.each([
  ['{nme}', 'must not have {nme}: there are {name}, {cluster}'],
  ['{group} {name}', 'must have only letters'],
  ['{group}', 'must have {name} or {cluster}'],
  ['$(x){name}', 'must have only letters'],
  ['{name', 'must have only letters'],
])('the template %s is refused', (template, message) => {
  expect(templateProblem(template)).toContain(message);
  expect(settingsSchema.partial().safeParse({ contextName: template }).error?.issues[0]?.message).toContain(
    message,
  );
});
