// Shapes as definitions of GraphQL's own language.
import { invalidInput } from '../errors.ts';
import { isEmptyInput, isFilledIn } from './convert.ts';
import type { EntriesShape, EnumShape, Field, ObjectShape, Shape, UnionShape } from './shape.ts';

interface Definition {
  readonly text: string;
  readonly owner: string;
}

type Leaf = Extract<Shape, { kind: 'json' | 'scalar' | 'constant' | 'instant' | 'enum' }>;

/** The definitions of types, each once. */
export class Definitions {
  readonly #taken: ReadonlySet<string>;
  readonly #byName = new Map<string, Definition>();
  /** What is defined, or is being: it may have itself within. */
  readonly #known = new Set<Shape>();

  /** @param taken names that no type may have */
  constructor(taken: ReadonlySet<string>) {
    this.#taken = taken;
  }

  all(): string[] {
    return [...this.#byName.values()].map(({ text }) => text);
  }

  /**
   * The type of a whole state or question.
   * @param json the field that all of the interface have
   * @throws GatewayError INVALID_INPUT for another type of this name
   */
  addOutput(
    shape: ObjectShape,
    owner: string,
    interfaceName: 'GraphState' | 'Question',
    json: { readonly type: string; readonly description: string },
  ): void {
    const fields = [
      ...this.#outputFields(shape.fields, owner),
      this.field('json', json.type, json.description),
    ].join('\n');
    const head = `${text(shape.description)}\ntype ${shape.name} implements ${interfaceName}`;
    this.#add(shape.name, owner, `${head} {\n${fields}\n}`);
  }

  field(name: string, type: string, description: string): string {
    return `  ${text(description)}\n  ${name}: ${type}`;
  }

  /** The type of what comes in, without what it must have; what it needs is defined. */
  inputType(shape: Shape, owner: string): string {
    switch (shape.kind) {
      case 'entries':
      case 'messages':
        return 'JSON';
      case 'list':
        return `[${this.inputType(shape.item, owner)}${shape.nullable ? '' : '!'}]`;
      case 'object':
        return isEmptyInput(shape) ? 'Boolean' : this.#inputObject(shape, owner);
      case 'union':
        return this.#inputUnion(shape, owner);
      case 'json':
      case 'scalar':
      case 'constant':
      case 'instant':
      case 'enum':
        return this.#leafType(shape, owner);
    }
  }

  #outputType(shape: Shape, owner: string): string {
    switch (shape.kind) {
      case 'list':
        return `[${this.#outputType(shape.item, owner)}${shape.nullable ? '' : '!'}]`;
      case 'entries':
        return `[${this.#entries(shape, owner)}!]`;
      case 'object':
        return this.#outputObject(shape, owner);
      case 'union':
        return this.#outputUnion(shape, owner);
      case 'messages':
        return '[Message!]';
      case 'json':
      case 'scalar':
      case 'constant':
      case 'instant':
      case 'enum':
        return this.#leafType(shape, owner);
    }
  }

  /** What is the same in both directions. */
  #leafType(shape: Leaf, owner: string): string {
    switch (shape.kind) {
      case 'json':
        return 'JSON';
      case 'scalar':
      case 'constant':
        return shape.scalar;
      case 'instant':
        return 'DateTime';
      case 'enum':
        return this.#enum(shape, owner);
    }
  }

  #outputFields(fields: readonly Field[], owner: string): string[] {
    return fields.map(({ name, description, shape, nullable, optional }) => {
      const must = nullable || optional ? '' : '!';
      return `  ${text(description)}\n  ${name}: ${this.#outputType(shape, owner)}${must}`;
    });
  }

  #outputObject(shape: ObjectShape, owner: string): string {
    return this.#once(shape, shape.name, owner, () => {
      const fields = this.#outputFields(shape.fields, owner);
      return `${text(shape.description)}\ntype ${shape.name} {\n${fields.join('\n')}\n}`;
    });
  }

  #entries(shape: EntriesShape, owner: string): string {
    return this.#once(shape, shape.name, owner, () => {
      const { shape: value, nullable } = shape.value;
      const type = `${this.#outputType(value, owner)}${nullable || value.kind === 'json' ? '' : '!'}`;
      const fields = `  "The key."\n  key: String!\n  "The value."\n  value: ${type}`;
      return `${text(shape.description)}\ntype ${shape.name} {\n${fields}\n}`;
    });
  }

  #outputUnion(shape: UnionShape, owner: string): string {
    return this.#once(shape, shape.name, owner, () => {
      const members = shape.members.map((member) => {
        if (!member.isBoxed) return this.#outputType(member.shape, owner);
        const { typeName, description } = member;
        const value = `  "The value."\n  value: ${this.#outputType(member.shape, owner)}!`;
        this.#add(typeName, owner, `${text(description)}\ntype ${typeName} {\n${value}\n}`);
        return typeName;
      });
      return `${text(shape.description)}\nunion ${shape.name} = ${members.join(' | ')}`;
    });
  }

  #inputObject(shape: ObjectShape, owner: string): string {
    return this.#once(shape, `${shape.name}Input`, owner, () => {
      const fields = shape.fields
        .filter((field) => !isFilledIn(field))
        .map(({ name, description, shape: own, nullable, optional }) =>
          this.field(
            name,
            `${this.inputType(own, owner)}${nullable || optional ? '' : '!'}`,
            description,
          ),
        );
      return `${text(shape.description)}\ninput ${shape.name}Input {\n${fields.join('\n')}\n}`;
    });
  }

  #inputUnion(shape: UnionShape, owner: string): string {
    return this.#once(shape, `${shape.name}Input`, owner, () => {
      const fields = shape.members.map((member) =>
        this.field(member.field, this.inputType(member.shape, owner), member.description),
      );
      return `${text(shape.description)}\ninput ${shape.name}Input @oneOf {\n${fields.join('\n')}\n}`;
    });
  }

  #enum(shape: EnumShape, owner: string): string {
    return this.#once(shape, shape.name, owner, () => {
      const values = [...shape.values].map(
        ([name, value]) => `  ${text(`\`${value}\`.`)}\n  ${name}`,
      );
      return `${text(shape.description)}\nenum ${shape.name} {\n${values.join('\n')}\n}`;
    });
  }

  #once(shape: Shape, name: string, owner: string, define: () => string): string {
    if (this.#known.has(shape)) return name;
    this.#known.add(shape);
    this.#add(name, owner, define());
    return name;
  }

  #add(name: string, owner: string, definition: string): void {
    const known = this.#byName.get(name);
    if (known === undefined && !this.#taken.has(name)) {
      this.#byName.set(name, { text: definition, owner });
      return;
    }
    // What describes a type that has its own name tells where it was met first.
    if (known !== undefined && bare(known.text) === bare(definition)) return;
    const other = known === undefined ? 'a type of the gateway' : `another type of ${known.owner}`;
    throw invalidInput(
      `Types: \`${name}\` of ${owner} is ${other}, too. Name one by \`.meta({ id })\` or \`graphqlName\`, or set GRAPH_TYPES=false.`,
    );
  }
}

/** A definition without its descriptions. */
function bare(definition: string): string {
  return definition.replaceAll(/^ *"(?:[^"\\]|\\.)*"$/gm, '');
}

/** As a string of GraphQL. */
function text(description: string): string {
  return JSON.stringify(description.toWellFormed());
}
