// Reads shapes from JSON Schema. What GraphQL cannot express becomes JSON instead of an error.
import { invalidInput } from '../errors.ts';
import { type JsonSchema, dereference, isTransformed, nativeOf } from '../graph/json-schema.ts';
import { isPlainObject } from '../session/json-input.ts';
import { enumName, fieldName, lowerFirst, pascalCase, singular } from './names.ts';
import {
  CONSTANTS,
  alternativesOf,
  constOf,
  described,
  descriptionOf,
  haveDistinctKeys,
  isInt32,
  isListSchema,
  isNull,
  isObjectSchema,
  isText,
  isWithin,
  requiredKeysOf,
  tagOf,
  textOf,
  textOfConstant,
  valuesOf,
  wordOf,
} from './schema-parts.ts';
import type {
  Direction,
  EnumShape,
  Field,
  UnionMember,
  ObjectShape,
  Shape,
  UnionShape,
} from './shape.ts';

/** Where a value stands, and what its type is called if it needs one. */
interface Place {
  readonly root: JsonSchema;
  readonly name: string;
  /** The path to it that error messages show, such as `items.price`. */
  readonly path: string;
  /** What describes it, if its schema does not. */
  readonly description?: string;
}

export interface Found {
  readonly shape: Shape;
  readonly nullable: boolean;
}

const JSON_SHAPE: Found = { shape: { kind: 'json' }, nullable: true };
const NULL_SHAPE: Found = {
  shape: { kind: 'constant', scalar: 'String', value: null },
  nullable: true,
};
/** What more there is of one enum or union is JSON: no client has use for it, and each client's code grows by it. */
const MOST_MEMBERS = 500;

/** Thrown when a type turns out to be JSON after others referred to it: reading then starts over. */
class ReadAgain extends Error {}

/** What the readers of one graph share. */
export interface SharedNames {
  /** Enums by their names: those of a state serve the input, too. */
  readonly enums: Map<string, EnumShape>;
  /** What has taken each name, by direction and name. */
  readonly taken: Map<string, string>;
}

export function sharedNames(): SharedNames {
  return { enums: new Map(), taken: new Map() };
}

/** A key of an object, with its schema. */
export interface KeySchema {
  readonly key: string;
  readonly schema: unknown;
  /** What the schema's references are in. */
  readonly root: JsonSchema;
  readonly isRequired: boolean;
  /** Whether it holds LangChain's messages, whatever the schema says. */
  readonly isMessages?: boolean;
}

/** Reads what goes in one direction. */
export class SchemaReader {
  /** What the names of all types begin with. */
  readonly #prefix: string;
  readonly #direction: Direction;
  /** What the types belong to, for messages and descriptions. */
  readonly #owner: string;
  readonly #shared: SharedNames;
  /** Types by their schema, so that a type can contain itself. */
  readonly #known = new Map<JsonSchema, Found>();
  /** What was referred to while it was read. */
  readonly #isUsed = new Set<JsonSchema>();
  readonly #isJson = new Set<JsonSchema>();

  constructor(prefix: string, direction: Direction, owner: string, shared: SharedNames) {
    this.#prefix = prefix;
    this.#direction = direction;
    this.#owner = owner;
    this.#shared = shared;
  }

  /**
   * @param name of the type, if it needs one
   * @throws GatewayError INVALID_INPUT for two keys of one name
   */
  read(schema: unknown, root: JsonSchema, name: string, path: string): Found {
    return this.#untilSettled(() => this.#read(schema, { root, name, path }));
  }

  /**
   * The fields of an object whose type is called so.
   * @param reserved names that the type has for something else
   * @returns none where a key is needed that cannot be named
   * @throws GatewayError INVALID_INPUT for two keys of one name
   */
  fields(members: readonly KeySchema[], typeName: string, reserved: readonly string[]): Field[] {
    return this.#untilSettled(() => this.#fields(members, typeName, '', reserved) ?? []);
  }

  /** Whether what was read has itself within. */
  hasItselfWithin(schema: JsonSchema): boolean {
    return this.#isUsed.has(dereference(schema, schema).schema);
  }

  #untilSettled<Value>(read: () => Value): Value {
    for (;;) {
      try {
        return read();
      } catch (thrown) {
        if (!(thrown instanceof ReadAgain)) throw thrown;
        this.#known.clear();
        this.#isUsed.clear();
      }
    }
  }

  #read(given: unknown, place: Place): Found {
    if (!isPlainObject(given)) return JSON_SHAPE;
    const { schema, name } = dereference(given, place.root);
    if (this.#isJson.has(schema)) return JSON_SHAPE;
    const known = this.#known.get(schema);
    if (known !== undefined && schema !== given) {
      this.#isUsed.add(schema);
      return known;
    }
    const at = { ...place, name: this.#named(schema, name) ?? place.name };
    const alternatives = alternativesOf(schema, place.root);
    const concrete = alternatives.filter((one) => !isNull(one));
    const isNullable = concrete.length < alternatives.length;
    const [only] = concrete;
    if (only === undefined) return this.#direction === 'input' ? NULL_SHAPE : JSON_SHAPE;
    if (concrete.length > 1) return this.#readUnion(concrete, at, schema, isNullable);
    const found =
      '$ref' in only && only !== schema
        ? this.#read(only, at)
        : this.#readOne(
            only === schema ? schema : { ...described(schema), ...only },
            at,
            schema,
            isNullable,
          );
    return isNullable ? { ...found, nullable: true } : found;
  }

  /** It is JSON; whoever has taken it for something else meanwhile is read again. */
  #giveUp(schema: JsonSchema): Found {
    this.#isJson.add(schema);
    if (this.#isUsed.has(schema)) throw new ReadAgain();
    this.#known.delete(schema);
    return JSON_SHAPE;
  }

  /** What a schema says that its type is called. */
  #named(schema: JsonSchema, refName: string | undefined): string | undefined {
    // What generators make up is no name: `__schema0`, `{a:string}`.
    const isGiven = refName !== undefined && /^(?!__)[\w .-]+$/.test(refName);
    const own = [isGiven ? refName : undefined, schema['id'], schema['title']].find(
      (name): name is string => typeof name === 'string' && name !== '',
    );
    const name = own === undefined ? undefined : pascalCase(own);
    return name === undefined ? undefined : this.#prefix + name;
  }

  /**
   * @param key what the shape is known by to what is within it
   * @param isNullable whether null fits there, too
   */
  #readOne(schema: JsonSchema, place: Place, key: JsonSchema, isNullable: boolean): Found {
    const native = nativeOf(schema);
    if (native === 'date') return { shape: { kind: 'instant' }, nullable: false };
    if (native !== undefined || isTransformed(schema)) return JSON_SHAPE;
    if ('const' in schema) return constant(schema['const']);
    if (Array.isArray(schema['enum'])) return this.#readEnum(schema['enum'], schema, place);
    switch (schema['type']) {
      case 'string':
        return scalar('String');
      case 'boolean':
        return scalar('Boolean');
      case 'number':
        return scalar('Float');
      case 'integer':
        return scalar(isInt32(schema) ? 'Int' : 'Float');
      case 'array':
        return this.#readList(schema, place);
      case 'object':
        return this.#readObject(schema, place, key, isNullable);
      default:
        return isPlainObject(schema['properties'])
          ? this.#readObject(schema, place, key, isNullable)
          : JSON_SHAPE;
    }
  }

  #readEnum(values: readonly unknown[], schema: JsonSchema, place: Place): Found {
    const { path } = place;
    const given = values.filter((value) => value !== null);
    const nullable = given.length < values.length;
    if (given.every((value) => typeof value === 'number')) {
      const isInt = given.every((value) => Number.isInteger(value) && isWithin(value));
      return { ...scalar(isInt ? 'Int' : 'Float'), nullable };
    }
    if (given.every((value) => typeof value === 'boolean') && given.length > 1)
      return { ...scalar('Boolean'), nullable };
    if (given.length === 1 && given[0] !== undefined) return { ...constant(given[0]), nullable };
    const name = this.#direction === 'output' ? this.#claim(place, { enum: given }) : place.name;
    const shape = enumOf(given, name, textOf(schema, 'description') ?? `\`${path}\`.`);
    if (shape !== undefined) return { shape: this.#sharedEnum(shape), nullable };
    const isText = given.every((value) => typeof value === 'string');
    return isText ? { ...scalar('String'), nullable } : JSON_SHAPE;
  }

  /** An input's enum is the output's of the same name, where their values are equal. */
  #sharedEnum(shape: EnumShape): EnumShape {
    const { enums } = this.#shared;
    const known = enums.get(shape.name);
    if (known !== undefined && hasSameValues(known, shape)) return known;
    const own =
      known !== undefined && this.#direction === 'input'
        ? { ...shape, name: `${shape.name}Input` }
        : shape;
    enums.set(own.name, own);
    return own;
  }

  /** The name of a type; where another has taken it, the path to it with `_` between its parts. */
  #claim({ name, path }: Place, schema: JsonSchema): string {
    const { taken } = this.#shared;
    const content = JSON.stringify(schema);
    const isFree = (given: string) => {
      const other = taken.get(`${this.#direction} ${given}`);
      return other === undefined || other === content;
    };
    const parts = path.split('.').map((part) => pascalCase(part.replaceAll('[]', '')) ?? '');
    let own = isFree(name) ? name : `${this.#prefix}${parts.join('_')}`;
    while (!isFree(own)) own += '_';
    taken.set(`${this.#direction} ${own}`, content);
    return own;
  }

  #readList(schema: JsonSchema, place: Place): Found {
    const { items, prefixItems } = schema;
    // A tuple: in draft 7 its `items` are the list.
    const first: unknown = Array.isArray(prefixItems) ? prefixItems : items;
    if (Array.isArray(first)) {
      const rest = first === items ? schema['additionalItems'] : items;
      const kinds = [...first, ...(isPlainObject(rest) ? [rest] : [])];
      const [kind] = kinds;
      const isOfOneKind = kinds.every((other) => JSON.stringify(other) === JSON.stringify(kind));
      if (kind === undefined || !isOfOneKind) return JSON_SHAPE;
      return this.#listOf(kind, place);
    }
    return this.#listOf(first, place);
  }

  #listOf(item: unknown, place: Place): Found {
    const within = { ...place, path: `${place.path}[]` };
    const { shape, nullable } = this.#read(item, within);
    if (shape.kind === 'json') return JSON_SHAPE;
    return { shape: { kind: 'list', item: shape, nullable }, nullable: false };
  }

  #readObject(schema: JsonSchema, at: Place, key: JsonSchema, isNullable: boolean): Found {
    const { properties, additionalProperties, required } = schema;
    const entries = Object.entries(isPlainObject(properties) ? properties : {});
    if (entries.length === 0)
      return isPlainObject(additionalProperties)
        ? this.#readEntries(additionalProperties, schema, at)
        : JSON_SHAPE;
    const place = { ...at, name: this.#claim(at, schema) };
    const description =
      textOf(schema, 'description') ?? at.description ?? `\`${place.path}\` of ${this.#owner}.`;
    const shape: ObjectShape = { kind: 'object', name: place.name, description, fields: [] };
    const found: Found = { shape, nullable: isNullable };
    this.#known.set(key, found);
    const needed: readonly unknown[] = Array.isArray(required) ? required : [];
    const fields = this.#fields(
      entries.map(([name, member]) => ({
        key: name,
        schema: member,
        root: place.root,
        isRequired: needed.includes(name),
      })),
      place.name,
      place.path,
      [],
    );
    if (fields === undefined) return this.#giveUp(key);
    shape.fields.push(...fields);
    return found;
  }

  #fields(
    members: readonly KeySchema[],
    typeName: string,
    path: string,
    reserved: readonly string[],
  ): Field[] | undefined {
    const types = new Set(members.map(({ key }) => pascalCase(key)));
    const keys = new Map<string, string>();
    const fields: Field[] = [];
    for (const { key, schema, root, isRequired, isMessages } of members) {
      const plain = key === '__proto__' ? undefined : fieldName(key);
      if (plain === undefined) {
        if (isRequired && this.#direction === 'input') return undefined;
        continue;
      }
      const name = reserved.includes(plain) ? `${plain}_` : plain;
      const other = keys.get(name);
      const at = path === '' ? key : `${path}.${key}`;
      if (other !== undefined) {
        throw invalidInput(
          `Types of ${this.#owner}: the keys "${other}" and "${key}" of \`${path || 'state'}\` are both \`${name}\` in GraphQL; rename one of them, or set GRAPH_TYPES=false.`,
        );
      }
      keys.set(name, key);
      const written = isPlainObject(schema) ? schema : {};
      const pascal = pascalCase(key) ?? '';
      const one = singular(pascal);
      const isList = isListSchema(written, root);
      // One of `plans` is a Plan, unless there is a `plan` beside them.
      const own = isList && !types.has(one) ? one : pascal;
      const found: Found =
        isMessages === true
          ? { shape: { kind: 'messages' }, nullable: true }
          : this.#read(written, { root, name: this.#ownName(typeName, own), path: at });
      fields.push({
        key,
        name,
        description: descriptionOf(written, root, `\`${at}\`.`, this.#direction),
        shape: found.shape,
        nullable: found.nullable || found.shape.kind === 'json',
        optional: !isRequired || found.shape.kind === 'json' || found.shape.kind === 'messages',
      });
    }
    return fields.length === 0 ? undefined : fields;
  }

  /** What is within a type: inputs have `Input` behind their names, and the state itself has `State`. */
  #ownName(typeName: string, own: string): string {
    const isTaken = own.endsWith('Input') || (own === 'State' && typeName === this.#prefix);
    return `${typeName}${own}${isTaken ? 'Value' : ''}`;
  }

  #readEntries(value: JsonSchema, schema: JsonSchema, place: Place): Found {
    // What comes in is JSON, for its keys are nobody's to check.
    if (this.#direction === 'input') return JSON_SHAPE;
    const own = place.name.endsWith('Entry') ? place.name : `${singular(place.name)}Entry`;
    const one = this.#claim({ ...place, name: own }, value);
    const within = { ...place, path: `${place.path}.*`, name: `${singular(place.name)}Value` };
    const found = this.#read(value, within);
    const description = textOf(schema, 'description') ?? `An entry of \`${place.path}\`.`;
    return {
      shape: { kind: 'entries', name: one, description, value: found },
      nullable: false,
    };
  }

  #readUnion(
    given: readonly JsonSchema[],
    place: Place,
    schema: JsonSchema,
    nullable: boolean,
  ): Found {
    const schemas = given.map((one) => dereference(one, place.root).schema);
    if (schemas.every(isText)) {
      const values = schemas.flatMap(valuesOf);
      const isClosed = values.every((value) => value !== undefined);
      const found = isClosed ? this.#readEnum(values, schema, place) : scalar('String');
      return { ...found, nullable };
    }
    if (schemas.every(({ type }) => type === 'number' || type === 'integer'))
      return { ...scalar(schemas.every(isInt32) ? 'Int' : 'Float'), nullable };
    const description = textOf(schema, 'description') ?? `\`${place.path}\` of ${this.#owner}.`;
    const members: UnionMember[] = [];
    const name = this.#claim(place, schema);
    const shape: UnionShape = { kind: 'union', name, description, members };
    const found: Found = { shape, nullable };
    this.#known.set(schema, found);
    const read = this.#members(given, schemas, { ...place, name });
    if (read === undefined) return this.#giveUp(schema);
    members.push(...read);
    return found;
  }

  /** Undefined where nothing would tell them apart. */
  #members(
    given: readonly JsonSchema[],
    schemas: readonly JsonSchema[],
    place: Place,
  ): UnionMember[] | undefined {
    if (given.length > MOST_MEMBERS) return undefined;
    const objects = schemas.filter(isObjectSchema);
    const tag = tagOf(objects, place.root);
    if (tag === undefined && objects.length > 1 && !haveDistinctKeys(objects)) return undefined;
    const members: UnionMember[] = [];
    for (const [index, schema] of schemas.entries()) {
      const member = isObjectSchema(schema)
        ? this.#memberOf(schema, given[index] ?? schema, objects, tag, place)
        : this.#boxOf(schema, place);
      if (member === undefined) return undefined;
      members.push(member);
    }
    const isUnique = (names: readonly string[]) => new Set(names).size === names.length;
    const fields = members.map(({ field }) => field);
    const types = members.map(({ typeName }) => typeName);
    return isUnique(fields) && isUnique(types) ? members : undefined;
  }

  #memberOf(
    schema: JsonSchema,
    given: JsonSchema,
    objects: readonly JsonSchema[],
    tag: string | undefined,
    place: Place,
  ): UnionMember | undefined {
    const tagged = tag === undefined ? undefined : wordOf(constOf(schema, tag, place.root));
    const refName = dereference(given, place.root).name;
    const named = this.#named(schema, refName)?.slice(this.#prefix.length);
    const others = objects.filter((other) => other !== schema);
    const own = requiredKeysOf(schema).find(
      (key) => !others.some((other) => requiredKeysOf(other).includes(key)),
    );
    const alone = others.length === 0 ? 'Object' : undefined;
    const word = tagged ?? named ?? (own === undefined ? alone : pascalCase(own));
    if (word === undefined) return undefined;
    const typeName = named === undefined ? place.name + word : this.#prefix + named;
    const told =
      tag === undefined
        ? ''
        : ` whose \`${tag}\` is \`${textOfConstant(constOf(schema, tag, place.root))}\``;
    const { shape } = this.#read(given, {
      ...place,
      name: typeName,
      description: `The \`${place.path}\`${told}.`,
    });
    if (shape.kind !== 'object') return undefined;
    return {
      field: lowerFirst(word),
      typeName: shape.name,
      description: shape.description,
      shape,
      isBoxed: false,
    };
  }

  /** A value that is no object stands in a box of its own. */
  #boxOf(schema: JsonSchema, place: Place): UnionMember | undefined {
    const { shape } = this.#read(schema, place);
    const word = BOXES[shape.kind === 'scalar' ? shape.scalar : shape.kind];
    if (word === undefined) return undefined;
    return {
      field: word,
      typeName: `${place.name}${pascalCase(word) ?? ''}`,
      description: `\`${place.path}\` of ${this.#owner}, as a ${word}.`,
      shape,
      isBoxed: true,
    };
  }
}

/** What values that are no objects are called within a union. */
const BOXES: Readonly<Record<string, string>> = {
  String: 'text',
  enum: 'text',
  constant: 'constant',
  Int: 'number',
  Float: 'number',
  Boolean: 'boolean',
  list: 'list',
};

function scalar(name: 'String' | 'Int' | 'Float' | 'Boolean'): Found {
  return { shape: { kind: 'scalar', scalar: name }, nullable: false };
}

function constant(value: unknown): Found {
  const kind = CONSTANTS.get(typeof value);
  if (kind === undefined) return JSON_SHAPE;
  return { shape: { kind: 'constant', scalar: kind, value }, nullable: false };
}

/** Undefined where a value has no name, or two have one. */
function enumOf(
  values: readonly unknown[],
  name: string,
  description: string,
): EnumShape | undefined {
  const byName = new Map<string, string>();
  const nameOf = new Map<unknown, string>();
  for (const value of new Set(values)) {
    const own = typeof value === 'string' ? enumName(value) : undefined;
    if (typeof value !== 'string' || own === undefined || byName.has(own)) return undefined;
    byName.set(own, value);
    nameOf.set(value, own);
  }
  return byName.size > MOST_MEMBERS
    ? undefined
    : { kind: 'enum', name, description, values: byName, nameOf };
}

function hasSameValues(a: EnumShape, b: EnumShape): boolean {
  return [...a.values].join('\n') === [...b.values].join('\n');
}
