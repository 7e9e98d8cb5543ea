import { randomBytes } from 'node:crypto';
import { namespaceType } from '../resource-types.ts';
import type { ResourceRoute } from '../routes.ts';
import { badRequest, invalid, namespaceTerminating, notFound } from '../status.ts';
import type { ObjectKey, Store } from '../store.ts';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Rejects with 422 what is no name. */
export function checkName(type: ResourceRoute['type'], name: string) {
  if (name === '') {
    throw invalid(type, '', 'metadata.name', 'Required value: name or generateName is required');
  }
  if (type === namespaceType && !label.test(name)) {
    throw invalid(
      type,
      name,
      'metadata.name',
      `Invalid value: "${name}": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    );
  }
  if (!subdomain.test(name)) {
    throw invalid(
      type,
      name,
      'metadata.name',
      `Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    );
  }
}

/** Rejects where nothing can be created: in no namespace, in one that is not there or that goes. */
export function checkNamespace({ type, name, namespace, store }: ObjectKey & { readonly store: Store }) {
  if (!type.namespaced) return;
  if (namespace === undefined) throw badRequest('an empty namespace may not be set during creation');
  const home = store.get({ type: namespaceType, name: namespace });
  if (!home) throw notFound(namespaceType, namespace);
  if (home.metadata.deletionTimestamp) throw namespaceTerminating(type, name, namespace);
}

/** What follows a `generateName`. */
export const suffix = () =>
  randomBytes(8).toString('base64url').toLowerCase().replace(/[-_]/g, 'x').slice(0, 5);
