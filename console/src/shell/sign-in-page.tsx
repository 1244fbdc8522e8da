import { Alert, Button, Container, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { SIGN_IN } from '../gateway/credentials.ts';
import { Failed } from './states.tsx';

interface Props {
  /** Whether a token was given, and refused. */
  readonly refused: boolean;
  readonly onToken: (token: string) => void;
}

export default function SignInPage({ refused, onToken }: Props) {
  const [token, setToken] = useState('');
  if (SIGN_IN === 'none')
    return (
      <Container component="main" size="xs" py="xl">
        <title>Sign in · Session Gateway</title>
        <Failed
          title="You are not signed in"
          message="Sign in where this program has you sign in, and come back."
        />
      </Container>
    );
  return (
    <Container component="main" size="xs" py="xl">
      <title>Sign in · Session Gateway</title>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const given = token.trim().replace(/^bearer\s+/i, '');
          if (given !== '') onToken(given);
        }}
      >
        <Stack>
          <Title order={1} size="h2">
            Session Gateway
          </Title>
          <Text>Sign in with a token that your identity provider made for this gateway.</Text>
          {refused && (
            <Alert color="red" role="alert" title="The gateway refused the token">
              It is not valid here, or it has expired. Get a new one.
            </Alert>
          )}
          <PasswordInput
            label="Token"
            description="It is kept in this tab alone, and goes with it."
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': 'Show the token' }}
          />
          <Button type="submit">Sign in</Button>
        </Stack>
      </form>
    </Container>
  );
}
