/** Embeddings without a model: how often a text has each letter. Told to, they fail as a service that is away does. */
export async function embed(texts: string[]): Promise<number[][]> {
  if (texts.includes('fail')) throw new Error('the embeddings are away');
  return texts.map((text) =>
    Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => text.split(letter).length - 1),
  );
}
