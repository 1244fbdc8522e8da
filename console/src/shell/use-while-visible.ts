import { useEffect, useEffectEvent } from 'react';

/** Calls it every so often while the page is looked at, and when it is looked at again. */
export function useWhileVisible(ms: number, act: () => void): void {
  const look = useEffectEvent(() => {
    if (document.visibilityState === 'visible') act();
  });
  useEffect(() => {
    const interval = setInterval(look, ms);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(interval);
      document.removeEventListener('visibilitychange', look);
    };
  }, [ms]);
}
