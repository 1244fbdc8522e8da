import { withTheme } from '@rjsf/core';
import { Theme } from '@rjsf/mantine';
import type { RJSFSchema, WidgetProps } from '@rjsf/utils';
import { type ComponentType, useId } from 'react';
import { validator } from './schema-validator.ts';

const MantineForm = withTheme(Theme);
const ThemeSelect = Theme.widgets?.['SelectWidget'] as ComponentType<WidgetProps>;

/** The choice between alternatives has no label of its own. */
function SelectWidget(props: WidgetProps) {
  const isChoice = /__(any|one)of_select$/.test(props.id);
  const options = isChoice ? { ...props.options, 'aria-label': 'Which of them' } : props.options;
  return <ThemeSelect {...props} options={options} />;
}

const WIDGETS = { SelectWidget };

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
      widgets={WIDGETS}
      formData={value}
      onChange={({ formData }) => onChange(formData)}
      tagName="div"
      liveValidate="onBlur"
      showErrorList={false}
      uiSchema={{ 'ui:submitButtonOptions': { norender: true } }}
    />
  );
}
