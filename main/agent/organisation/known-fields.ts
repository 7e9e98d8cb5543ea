import { z } from 'zod';
import { closest } from '../../model/nearest.ts';
import { organisationSchema } from '../../model/organisation.ts';

/** Returns the field of a configuration that is most like an unknown one, at the same place. */
export function closestField(path: readonly PropertyKey[]): string | undefined {
  return closest(String(path.at(-1)), fieldsAt(path.slice(0, -1)));
}

/** Returns the names of the fields that a mapping at `path` may have. */
function fieldsAt(path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = organisationSchema;
  for (const part of path) {
    const schema = unwrapped(at);
    at =
      schema instanceof z.ZodObject
        ? schema.shape[String(part)]
        : schema instanceof z.ZodArray
          ? schema.element
          : undefined;
  }
  const schema = unwrapped(at);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? unwrapped(schema.unwrap())
    : schema;
}
