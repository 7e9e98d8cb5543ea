import { expect, it } from 'vitest';
import { changesToAgreeTo } from '../../../main/agent/organisation/fields.ts';
import { organisationSchema } from '../../../main/model/organisation.ts';

const parsed = (defaults: object) => organisationSchema.parse({ version: 1, name: 'Acme', defaults });

it('a configuration that sends the audit elsewhere needs consent', () => {
  const next = parsed({ auditExport: 'https://otel.acme.example/v1/logs', audit: true });
  expect(changesToAgreeTo(next, parsed({})).map(({ field }) => field)).toEqual(['defaults.auditExport']);
});

it.each([
  ['http://otel.acme.example/v1/logs', false],
  ['https://ada:hunter2@otel.acme.example/v1/logs', false],
  ['file:///etc/passwd', false],
  ['otel.acme.example', false],
  ['http://127.0.0.1:4318/v1/logs', true],
  ['http://localhost:4318/v1/logs', true],
  ['http://127.0.0.1.acme.example/v1/logs', false],
  ['', true],
])('the address %j is accepted: %j', (auditExport, isGood) => {
  const result = organisationSchema.safeParse({ version: 1, name: 'Acme', defaults: { auditExport } });
  expect(result.success).toBe(isGood);
});
