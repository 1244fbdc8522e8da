// JSON Schema for forms by interpreting it: the usual validator writes code of its own, which the page's policy forbids.
import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import {
  ErrorSchemaBuilder,
  type RJSFSchema,
  type RJSFValidationError,
  type ValidationData,
  type ValidatorType,
} from '@rjsf/utils';

function problemsOf(schema: RJSFSchema, value: unknown): OutputUnit[] {
  return new Validator(schema as Schema, '2020-12', false).validate(value).errors;
}

export const validator: ValidatorType = {
  isValid(schema, formData, rootSchema) {
    // What it refers to is in the whole.
    const whole = {
      ...schema,
      $defs: rootSchema['$defs'],
      definitions: rootSchema.definitions,
    } as RJSFSchema;
    return problemsOf(whole, formData).length === 0;
  },
  rawValidation(schema: RJSFSchema, formData: unknown) {
    // Whoever asks says what they take the errors for.
    return { errors: problemsOf(schema, formData) as never[] };
  },
  validateFormData(formData, schema): ValidationData<unknown> {
    const builder = new ErrorSchemaBuilder();
    const errors: RJSFValidationError[] = [];
    for (const { instanceLocation, keyword, error } of problemsOf(schema, formData)) {
      // Of a group the parts are told.
      if (['properties', 'items', 'allOf', '$ref'].includes(keyword)) continue;
      const path = instanceLocation.split('/').slice(1).map(decodeURIComponent);
      builder.addErrors(error, path);
      errors.push({ property: `.${path.join('.')}`, message: error, stack: error, name: keyword });
    }
    return { errors, errorSchema: builder.ErrorSchema };
  },
};

export default validator;
