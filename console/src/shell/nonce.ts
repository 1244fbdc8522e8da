/** What style sheets that libraries write must bear to be obeyed; empty while developing. */
export function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
