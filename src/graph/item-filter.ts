// LangGraph's filters of the store: a value that a key must have, or operators that its value must satisfy.

export type Filter = Readonly<Record<string, unknown>>;

export function matches(value: Readonly<Record<string, unknown>>, filter: Filter): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    const operators = operatorsOf(wanted);
    if (operators === null) return value[key] === wanted;
    return operators.every(([name, operand]) => OPERATORS[name]?.(value[key], operand) ?? false);
  });
}

/** The operators that a filter asks for and that there are not. */
export function unknownOperators(filter: Filter): string[] {
  return Object.values(filter).flatMap((wanted) =>
    (operatorsOf(wanted) ?? []).map(([name]) => name).filter((name) => !(name in OPERATORS)),
  );
}

function operatorsOf(wanted: unknown): [string, unknown][] | null {
  const entries = typeof wanted === 'object' && wanted !== null ? Object.entries(wanted) : [];
  return entries.some(([name]) => name.startsWith('$')) ? entries : null;
}

const OPERATORS: Readonly<Record<string, (value: unknown, operand: unknown) => boolean>> = {
  $eq: (value, operand) => value === operand,
  $ne: (value, operand) => value !== operand,
  $gt: (value, operand) => Number(value) > Number(operand),
  $gte: (value, operand) => Number(value) >= Number(operand),
  $lt: (value, operand) => Number(value) < Number(operand),
  $lte: (value, operand) => Number(value) <= Number(operand),
  $in: (value, operand) => Array.isArray(operand) && operand.includes(value),
  $nin: (value, operand) => !Array.isArray(operand) || !operand.includes(value),
};
