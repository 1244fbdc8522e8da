import { useEffect, useRef } from 'react';

/** Where focus goes when what had it is gone: the next Tab leads into the page, not to its top. */
export function focusMain(): void {
  document.getElementById('main')?.focus({ preventScroll: true });
}

/** Another page is begun at its beginning, by keyboard and to a screen reader, too. */
export function useFocusOnPage(page: string): void {
  const seen = useRef(page);
  useEffect(() => {
    if (seen.current === page) return;
    seen.current = page;
    focusMain();
  }, [page]);
}
