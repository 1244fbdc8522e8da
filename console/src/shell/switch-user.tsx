import { Dialog } from './dialog.tsx';
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { credential, setCredential } from '../gateway/credentials.ts';

/** While developing: who to be. */
export default function SwitchUser({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState(credential);
  return (
    <Dialog onClose={onClose} title="Switch to another user" size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          setCredential(name.trim());
        }}
      >
        <Stack gap="sm">
          <TextInput
            label="User"
            placeholder="local"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          <Text size="xs" c="dimmed">
            While developing, the gateway believes whoever you say you are.
          </Text>
          <Group justify="flex-end">
            <Button type="submit" size="xs">
              Switch
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
