import type { ResourceType } from './resource-types.ts';

/** A `Status` of the API, worded as k8s.io/apimachinery/pkg/api/errors words it. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Failure' | 'Success';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly code?: number;
}

/** Thrown by a handler to answer with a failure. */
export class StatusError extends Error {
  readonly status: Status;
  readonly code: number;

  constructor(code: number, reason: string | undefined, message: string, details?: Status['details']) {
    super(message);
    this.code = code;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

const qualified = (type: ResourceType) => (type.group ? `${type.resource}.${type.group}` : type.resource);

const detailsOf = (type: ResourceType, name: string | undefined) => ({
  ...(name === undefined ? {} : { name }),
  ...(type.group ? { group: type.group } : {}),
  kind: type.resource,
});

export const unauthorized = () => new StatusError(401, 'Unauthorized', 'Unauthorized');

export const notFound = (type: ResourceType, name: string) =>
  new StatusError(404, 'NotFound', `${qualified(type)} "${name}" not found`, detailsOf(type, name));

export const noSuchResource = () =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});

export const alreadyExists = (type: ResourceType, name: string) =>
  new StatusError(409, 'AlreadyExists', `${qualified(type)} "${name}" already exists`, detailsOf(type, name));

export const conflict = (type: ResourceType, name: string) =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(type)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    detailsOf(type, name),
  );

export interface FieldConflict {
  readonly manager: string;
  readonly operation: string;
  readonly field: string;
}

/** Each field that an apply would change, with the manager that owns it. */
export function applyConflict(conflicts: readonly FieldConflict[], apiVersion: string): StatusError {
  const causes = conflicts.map(({ manager, operation, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${JSON.stringify(manager)}${operation === 'Update' ? ` using ${apiVersion}` : ''}`,
    field,
  }));
  const [first] = causes;
  if (first && causes.length === 1) {
    return new StatusError(
      409,
      'Conflict',
      `Apply failed with 1 conflict: ${first.message}: ${first.field}`,
      {
        causes,
      },
    );
  }
  const listed = [...Map.groupBy(causes, ({ message }) => message)].flatMap(([message, fields]) => [
    `${message.replace('conflict', 'conflicts')}:`,
    ...fields.map(({ field }) => `- ${field}`),
  ]);
  const message = `Apply failed with ${causes.length} conflicts: ${listed.join('\n')}`;
  return new StatusError(409, 'Conflict', message, { causes });
}

/** `shown`: the patch in the words of the server, which differ by its kind. */
export function strictPatch(shown: string, unknown: readonly string[]): StatusError {
  const fields = unknown.map((field) => `unknown field "${field}"`).join(', ');
  const message = `Invalid value: ${JSON.stringify(shown)}: strict decoding error: ${fields}`;
  const causes = [{ reason: 'FieldValueInvalid', message, field: 'patch' }];
  return new StatusError(422, 'Invalid', ` "" is invalid: patch: ${message}`, { causes });
}

/** The server keeps to itself which operation of a JSON patch does not fit. */
export const invalidPatch = () =>
  new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

export const undeclaredField = (
  { group, version, kind }: ResourceType,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name: string },
  field: string,
) =>
  new StatusError(
    500,
    undefined,
    `failed to create typed patch object (${namespace ?? ''}/${name}; ${group}/${version}, Kind=${kind}): .${field}: field not declared in schema`,
  );

/** For the namespaces without which there is no cluster. */
export const undeletable = (type: ResourceType, name: string) =>
  new StatusError(
    403,
    'Forbidden',
    `${qualified(type)} "${name}" is forbidden: this namespace may not be deleted`,
    detailsOf(type, name),
  );

export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message);

export const methodNotAllowed = () =>
  new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );

export const unsupportedMediaType = () =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json',
  );

export const expired = (asked: number, oldest: number) =>
  new StatusError(410, 'Expired', `too old resource version: ${asked} (${oldest})`);

export const expiredContinue = () =>
  new StatusError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
  );

export const internalError = (cause: unknown) =>
  new StatusError(
    500,
    'InternalError',
    `Internal error occurred: ${cause instanceof Error ? cause.message : String(cause)}`,
  );

/** What a server says when etcd does not answer it. */
export const storageTimeout = () => new StatusError(500, undefined, 'etcdserver: request timed out');

export const namespaceTerminating = (type: ResourceType, name: string, namespace: string) =>
  new StatusError(
    403,
    'Forbidden',
    `${qualified(type)} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      ...detailsOf(type, name),
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  );

export function invalid(type: ResourceType, name: string, field: string, message: string): StatusError {
  const kind = type.group ? `${type.kind}.${type.group}` : type.kind;
  return new StatusError(422, 'Invalid', `${kind} "${name}" is invalid: ${field}: ${message}`, {
    ...detailsOf(type, name),
    kind: type.kind,
    causes: [{ reason: 'FieldValueInvalid', message, field }],
  });
}

export interface Attempt {
  readonly user: string;
  readonly verb: string;
  readonly type: ResourceType;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export function forbidden(attempt: Attempt): StatusError {
  const { user, verb, type, subresource, namespace, name } = attempt;
  const resource = subresource ? `${type.resource}/${subresource}` : type.resource;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const subject = name === undefined ? qualified(type) : `${qualified(type)} "${name}"`;
  return new StatusError(
    403,
    'Forbidden',
    `${subject} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${type.group}" ${where}`,
    detailsOf(type, name),
  );
}

/** The answer to a deletion that left nothing behind. */
export const deleted = (type: ResourceType, name: string, uid: string): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: { ...detailsOf(type, name), uid },
});
