import { lazily } from '../shell/lazily.ts';
import { Text } from '@mantine/core';
import { Suspense } from 'react';
import { ErrorBoundary } from '../shell/error-boundary.tsx';
import { Loading } from '../shell/states.tsx';

const Form = lazily(() => import('./rjsf-form.tsx'));

type Schema = Readonly<Record<string, unknown>>;

interface Props {
  readonly schema: unknown;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

/** A form that a JSON Schema makes; nothing where there is no schema. */
export function SchemaForm({ schema, value, onChange }: Props) {
  if (!isSchema(schema)) return null;
  return (
    <ErrorBoundary
      fallback={(message) => (
        <Text c="red">No form can be made of the schema: {message}. Write JSON.</Text>
      )}
    >
      <Suspense fallback={<Loading what="the form" />}>
        <Form schema={schema} value={value} onChange={onChange} />
      </Suspense>
    </ErrorBoundary>
  );
}

/** Whether it says enough for a form. */
export function isSchema(schema: unknown): schema is Schema {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return false;
  return ['properties', 'type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref'].some(
    (key) => key in schema,
  );
}
