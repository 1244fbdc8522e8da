import { withTheme } from '@rjsf/core';
import { Theme } from '@rjsf/mantine';
import type { RJSFSchema } from '@rjsf/utils';
import { useId } from 'react';
import { validator } from './schema-validator.ts';

const MantineForm = withTheme(Theme);

interface Props {
  readonly schema: RJSFSchema;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

export default function RjsfForm({ schema, value, onChange }: Props) {
  const id = useId();
  return (
    <MantineForm
      // Several of them may be on a page.
      idPrefix={id}
      schema={schema}
      validator={validator}
      formData={value}
      onChange={({ formData }) => onChange(formData)}
      tagName="div"
      liveValidate="onBlur"
      showErrorList={false}
      uiSchema={{ 'ui:submitButtonOptions': { norender: true } }}
    />
  );
}
