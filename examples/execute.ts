import type { TypedDocumentString } from '../gql/graphql.ts';

/** Executes a typed document over HTTP. @throws Error with what the gateway says */
export async function execute<Result, Variables>(
  url: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = (await response.json()) as {
    data?: Result;
    errors?: { message: string }[];
  };
  if (errors !== undefined || data === undefined)
    throw new Error((errors ?? []).map(({ message }) => message).join('; '));
  return data;
}
