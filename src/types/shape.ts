// What a value of a graph is in GraphQL: how it is called there, and how it is read from JSON and made into it.

/** A value that goes out, or comes in. */
export type Shape =
  | { readonly kind: 'scalar'; readonly scalar: 'String' | 'Int' | 'Float' | 'Boolean' }
  | { readonly kind: 'instant' }
  /** Anything. */
  | { readonly kind: 'json' }
  /** One value alone: of an input it is filled in. */
  | {
      readonly kind: 'constant';
      readonly scalar: 'String' | 'Float' | 'Boolean';
      readonly value: unknown;
    }
  | EnumShape
  | { readonly kind: 'list'; readonly item: Shape; readonly nullable: boolean }
  | ObjectShape
  /** An object whose keys are anything: a list of key and value, or what comes in as JSON. */
  | EntriesShape
  | UnionShape
  /** LangChain's messages. */
  | { readonly kind: 'messages' };

export interface EnumShape {
  readonly kind: 'enum';
  readonly name: string;
  readonly description: string;
  /** The values by their names, in the order of the schema. */
  readonly values: ReadonlyMap<string, string>;
  readonly nameOf: ReadonlyMap<unknown, string>;
}

export interface ObjectShape {
  readonly kind: 'object';
  readonly name: string;
  readonly description: string;
  /** Filled in once what it refers to is known, which may be itself. */
  readonly fields: Field[];
}

export interface Field {
  /** The key in JSON. */
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly shape: Shape;
  /** Whether null fits. */
  readonly nullable: boolean;
  /** Whether it may be left out. */
  readonly optional: boolean;
}

export interface EntriesShape {
  readonly kind: 'entries';
  readonly name: string;
  readonly description: string;
  readonly value: { shape: Shape; nullable: boolean };
}

export interface UnionShape {
  readonly kind: 'union';
  readonly name: string;
  readonly description: string;
  readonly members: UnionMember[];
}

export interface UnionMember {
  /** What an input names it by. */
  readonly field: string;
  /** What is in its place in an output: its own type, or a box around a value that has none. */
  readonly typeName: string;
  readonly description: string;
  readonly shape: Shape;
  readonly isBoxed: boolean;
}

export type Direction = 'output' | 'input';
