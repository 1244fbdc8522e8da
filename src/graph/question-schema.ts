// What a question asks, and what its answer may be.
import { messageFor } from '../errors.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
import { withNatives } from './native-values.ts';
import { describeIssue } from './schema-issues.ts';

/** A schema that values are checked against. */
export class CheckedSchema {
  readonly json: JsonSchema;
  readonly #validate: Validate;

  private constructor(json: JsonSchema, validate: Validate) {
    this.json = json;
    this.#validate = validate;
  }

  /** Of Zod, 3 or 4, or any other library of Standard Schema; undefined for anything else. */
  static of(schema: unknown): CheckedSchema | undefined {
    const json = jsonSchemaOf(schema);
    const standard = (schema as { '~standard'?: { validate?: Validate } } | null)?.['~standard'];
    const validate = standard?.validate;
    if (json === null || typeof validate !== 'function') return undefined;
    return new CheckedSchema(json, (value) => validate.call(standard, value));
  }

  /** What it refuses of the JSON, each with the path to it; none where it takes it. */
  async issues(value: unknown): Promise<string[]> {
    try {
      const { issues = [] } = await this.#validate(withNatives(value, this.json));
      return issues.map(describeIssue);
    } catch (error) {
      return [messageFor(error)];
    }
  }
}

type Validate = (value: unknown) => Result | Promise<Result>;

interface Result {
  readonly issues?: readonly unknown[];
}

export interface GraphQuestion {
  /** Unique in its graph. */
  readonly name: string;
  readonly ask: CheckedSchema;
  readonly answer: CheckedSchema;
  /** What of a question's value `ask` describes; all of it where there is none. */
  readonly view?: (value: unknown) => unknown;
}
