import { type ApiReader, expired } from '../../../main/agent/compare/api-reader.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { aList } from './objects.ts';

/** What an API server has, by the last word of a list's path: `deployments`, `pods`. */
export interface Has {
  readonly version?: unknown;
  readonly [resource: string]: unknown;
}

/** A reader of made-up answers. An `AppError` in place of a list is thrown. Lists are empty where nothing is given. */
export function fakeApi(has: Has = {}): Pick<ApiReader, 'get'> & { readonly paths: string[] } {
  const paths: string[] = [];
  return {
    paths,
    async get(path) {
      paths.push(path);
      const { pathname, searchParams } = new URL(path, 'https://api');
      if (pathname === '/version')
        return answer(has.version ?? { gitVersion: 'v1.33.1', major: '1', minor: '33' });
      const resource = pathname.split('/').at(-1) ?? '';
      if (/^\/api\/v1\/namespaces\/[^/]+$/.test(pathname)) return answer(has.namespace ?? { metadata: {} });
      const list = has[resource] ?? [];
      if (!Array.isArray(list)) return answer(list);
      const limit = Number(searchParams.get('limit'));
      const from = Number(searchParams.get('continue') ?? 0);
      const next = from + limit < list.length ? String(from + limit) : undefined;
      return aList(list.slice(from, from + limit), next);
    },
  };
}

function answer(given: unknown): unknown {
  if (given instanceof AppError) throw given;
  return given === 'expired' ? expired : given;
}
