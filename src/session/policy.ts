// What an operator's own rules allow a user, beside owning a session: the handlers of langgraph.json's `auth`, by LangGraph's
// names. They take away, and never give: a session stays its owner's alone.
import { isPlainObject } from './json-input.ts';
import type { Metadata } from './metadata.ts';
import type { User } from './ports.ts';

type Action = 'create' | 'read' | 'update' | 'delete' | 'search' | 'create_run';
type StoreAction = 'put' | 'get' | 'search' | 'list_namespaces' | 'delete';

/** LangGraph's names: a thread is a session, an assistant a graph. */
export type PolicyEvent =
  | `threads:${Action}`
  | `assistants:${'read' | 'search'}`
  | `store:${StoreAction}`;

type Scalar = string | number | boolean | null;
/** What metadata must have under a key: this value, or, in a list, these. */
type Wanted = Scalar | { readonly $eq?: Scalar; readonly $contains?: Scalar | readonly Scalar[] };
export type MetadataRule = Readonly<Record<string, Wanted>>;

export interface Permission {
  /** What the metadata of a session must be like; null: anything. */
  readonly rule: MetadataRule | null;
  /** Whether a rule says so that names what is asked for, and not just everything. */
  readonly isNamed: boolean;
}

export interface Policy {
  /**
   * @param value what is asked for, which a rule may change
   * @throws GatewayError FORBIDDEN
   */
  permit(user: User, event: PolicyEvent, value: Record<string, unknown>): Promise<Permission>;
}

/** Where there are no rules. */
export const ALL_PERMITTED: Policy = {
  permit: () => Promise.resolve({ rule: null, isNamed: false }),
};

export function matchesRule(metadata: Metadata, rule: MetadataRule): boolean {
  return Object.entries(rule).every(([key, wanted]) => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    if (typeof wanted !== 'object' || wanted === null) return value === wanted;
    const { $eq: equal, $contains: contained } = wanted;
    if (equal !== undefined && value !== equal) return false;
    if (contained === undefined) return true;
    return Array.isArray(value) && [contained].flat().every((part) => value.includes(part));
  });
}

/** Whether it is a rule that can be understood whole: one that cannot must not let anybody in. */
export function isRule(value: unknown): value is MetadataRule {
  return (
    isPlainObject(value) &&
    Object.values(value).every((wanted) => {
      if (isScalar(wanted)) return true;
      if (!isPlainObject(wanted)) return false;
      const operators = Object.entries(wanted);
      return (
        operators.length > 0 &&
        operators.every(([name, operand]) => {
          if (name === '$eq') return isScalar(operand);
          return name === '$contains' && [operand].flat().every(isScalar);
        })
      );
    })
  );
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
