// A browser's own EventSource. It reconnects by itself with the id of the last message, which is the event's cursor. It
// sends no headers of its own: who is calling must come by a cookie that your proxy turns into a token.
export function watchWithEventSource(
  gateway: string,
  query: string,
  variables: object,
  onEvent: (result: { data?: unknown; errors?: unknown }) => void,
): EventSource {
  const url = new URL(gateway);
  url.searchParams.set('query', query);
  url.searchParams.set('variables', JSON.stringify(variables));
  const source = new EventSource(url);
  source.addEventListener('next', ({ data }: MessageEvent<string>) => {
    onEvent(JSON.parse(data) as { data?: unknown });
  });
  // Without this it would begin again for ever.
  source.addEventListener('complete', () => source.close());
  return source;
}
