/** Matches the name of a namespace: a DNS label (RFC 1123). Apart from its schema, because the window loads no schema. */
export const namespaceName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
