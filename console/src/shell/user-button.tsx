import { Button } from '@mantine/core';
import { SIGN_IN, setCredential, useCredential } from '../gateway/credentials.ts';

/** Who is signed in: by a token to sign out, while developing to become another. */
export function UserButton({ onSwitch }: { readonly onSwitch: () => void }) {
  const user = useCredential();
  if (SIGN_IN === 'none') return null;
  if (SIGN_IN === 'token')
    return (
      <Button variant="default" size="xs" onClick={() => setCredential('')}>
        Sign out
      </Button>
    );
  return (
    <Button
      variant="default"
      size="xs"
      aria-label={`User ${user || 'local'}: switch`}
      onClick={onSwitch}
    >
      <span className="cut" style={{ maxWidth: 110 }}>
        {user || 'local'}
      </span>
    </Button>
  );
}
