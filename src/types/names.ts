// Names of GraphQL, made of a graph's own: https://spec.graphql.org/draft/#Name
const NAME = /^(?!__)[A-Za-z_][\dA-Za-z_]*$/;
/** Where words of a name begin: `expense-approval`, `unit_price`, `unitPrice`. */
const BOUNDARY = /[^\dA-Za-z]+/;

/** `expense-approval` → `ExpenseApproval`; undefined where nothing of it can be in a name. */
export function pascalCase(text: string): string | undefined {
  const name = text
    .split(BOUNDARY)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  if (name === '') return undefined;
  return /^\d/.test(name) ? `_${name}` : name;
}

/** `ExpenseApproval` → `expenseApproval`, `HITLRequest` → `hitlRequest`. */
export function lowerFirst(name: string): string {
  const [upper = ''] = /^[A-Z]+(?![a-z])|^[A-Z]/.exec(name) ?? [];
  return upper.toLowerCase() + name.slice(upper.length);
}

/** A key as a field: what is a name already stays, `unit-price` → `unitPrice`; undefined where nothing of it can be in one. */
export function fieldName(key: string): string | undefined {
  if (NAME.test(key)) return key;
  const words = key.split(/[^\dA-Za-z_]+/).filter((word) => /[\dA-Za-z]/.test(word));
  const [first, ...rest] = words.map((word) => word.replace(/^_+/, ''));
  if (first === undefined) return undefined;
  const name = [first, ...rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join(
    '',
  );
  return /^\d/.test(name) ? `_${name}` : name;
}

/** What stands for a character that says something. */
const SPOKEN: Readonly<Record<string, string>> = {
  '%': 'PERCENT',
  '+': 'PLUS',
  '&': 'AND',
  '<': 'LESS',
  '>': 'GREATER',
  '=': 'EQUAL',
  '#': 'HASH',
  '@': 'AT',
  $: 'DOLLAR',
  '*': 'STAR',
};
/** https://spec.graphql.org/draft/#EnumValue */
const NO_VALUES = new Set(['true', 'false', 'null']);

/** `in-progress` → `in_progress`, `50%` → `_50_PERCENT`; undefined where nothing of it can be in a name. */
export function enumName(value: string): string | undefined {
  const spoken = value.replace(/[^\dA-Za-z_]/gu, (character, index) => {
    const word = SPOKEN[character];
    if (word === undefined) return '_';
    return `${index === 0 ? '' : '_'}${word}${index === value.length - 1 ? '' : '_'}`;
  });
  if (!/[\dA-Za-z]/.test(spoken)) return undefined;
  const joined = spoken === value ? spoken : spoken.replace(/__+/g, '_');
  const name = /^\d/.test(joined) ? `_${joined}` : joined.replace(/^__+/, '_');
  return NO_VALUES.has(name) ? `${name}_` : name;
}

/** What one of these is called: `items` → `Item`; a word that is no plural stays. */
export function singular(name: string): string {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`;
  if (/(ss|sh|ch|x|[^ao]us)es$/.test(name)) return name.slice(0, -2);
  return /[^aious]s$/.test(name) ? name.slice(0, -1) : name;
}
