/**
 * What the examples use of the Cloudflare provider, as `terraform providers schema` of version 5.22.0 has it. An attribute is
 * its use and its type, or an object with attributes of its own.
 */
export type Attribute = `${Use} ${Type}` | Nested;
export type Attributes = { readonly [name: string]: Attribute };
type Use = 'required' | 'optional' | 'optional computed' | 'computed';
type Type = 'string' | 'bool' | 'number';
interface Nested {
  readonly use: Use;
  readonly nesting: 'single' | 'list' | 'set';
  readonly attributes: Attributes;
}

const ofGroup = { identity_provider_id: 'required string' } as const;
const single = (attributes: Attributes): Nested => ({ use: 'optional', nesting: 'single', attributes });

const rules: Nested = {
  use: 'optional',
  nesting: 'set',
  attributes: {
    auth_method: single({ auth_method: 'required string' }),
    azure_ad: single({ id: 'required string', ...ofGroup }),
    device_posture: single({ integration_uid: 'required string' }),
    gsuite: single({ email: 'required string', ...ofGroup }),
    oidc: single({ claim_name: 'required string', claim_value: 'required string', ...ofGroup }),
    okta: single({ name: 'required string', ...ofGroup }),
    saml: single({ attribute_name: 'required string', attribute_value: 'required string', ...ofGroup }),
    service_token: single({ token_id: 'required string' }),
  },
};

export const resources: Readonly<Record<string, Attributes>> = {
  cloudflare_zero_trust_tunnel_cloudflared: {
    id: 'computed string',
    account_id: 'required string',
    name: 'required string',
    config_src: 'optional computed string',
  },
  cloudflare_zero_trust_tunnel_cloudflared_config: {
    account_id: 'required string',
    tunnel_id: 'required string',
    config: {
      ...{ use: 'optional computed', nesting: 'single' },
      attributes: {
        ingress: {
          ...{ use: 'optional', nesting: 'list' },
          attributes: { hostname: 'optional string', service: 'required string' },
        },
      },
    },
  },
  cloudflare_dns_record: {
    zone_id: 'required string',
    name: 'required string',
    type: 'required string',
    content: 'optional computed string',
    proxied: 'optional computed bool',
    ttl: 'required number',
  },
  cloudflare_zero_trust_device_posture_rule: {
    id: 'computed string',
    account_id: 'required string',
    name: 'optional string',
    description: 'optional computed string',
    type: 'required string',
    input: {
      ...{ use: 'optional', nesting: 'single' },
      attributes: { require_all: 'optional bool' },
    },
    match: { use: 'optional', nesting: 'list', attributes: { platform: 'optional string' } },
  },
  cloudflare_zero_trust_access_policy: {
    id: 'computed string',
    account_id: 'required string',
    name: 'required string',
    decision: 'required string',
    session_duration: 'optional computed string',
    purpose_justification_required: 'optional bool',
    purpose_justification_prompt: 'optional string',
    include: { ...rules, use: 'optional computed' },
    require: rules,
  },
  cloudflare_zero_trust_access_service_token: {
    id: 'computed string',
    account_id: 'optional string',
    name: 'required string',
    duration: 'optional computed string',
    client_id: 'computed string',
    client_secret: 'computed string',
  },
  cloudflare_zero_trust_access_application: {
    account_id: 'optional string',
    name: 'optional computed string',
    type: 'optional computed string',
    domain: 'optional computed string',
    session_duration: 'optional computed string',
    app_launcher_visible: 'optional computed bool',
    auto_redirect_to_identity: 'optional bool',
    custom_deny_message: 'optional string',
    policies: {
      ...{ use: 'optional', nesting: 'list' },
      attributes: { id: 'optional string', precedence: 'optional computed number' },
    },
  },
  cloudflare_notification_policy: {
    account_id: 'required string',
    name: 'required string',
    alert_type: 'required string',
    enabled: 'optional computed bool',
    mechanisms: {
      ...{ use: 'required', nesting: 'single' },
      attributes: {
        email: { use: 'optional', nesting: 'set', attributes: { id: 'optional string' } },
      },
    },
  },
};

export const dataSources: Readonly<Record<string, Attributes>> = {
  cloudflare_zero_trust_tunnel_cloudflared_token: {
    account_id: 'required string',
    tunnel_id: 'required string',
    token: 'computed string',
  },
};
