import { Dialog } from '../shell/dialog.tsx';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useLocation } from 'wouter';
import { useAction } from '../gateway/use-action.ts';
import { Delete } from './mutations.ts';

interface Props {
  readonly sessionId: string;
  readonly onClose: () => void;
}

export default function DeleteSession({ sessionId, onClose }: Props) {
  const [, navigate] = useLocation();
  const remove = useAction(Delete);
  const run = async () => {
    if ((await remove.run({ input: { sessionId } })) !== undefined) navigate('/');
  };
  return (
    <Dialog onClose={onClose} title="Delete this session?">
      <Stack>
        <Text size="sm">Its state, its history and its events go for good. Forks of it stay.</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button color="red" loading={remove.busy} onClick={() => void run()}>
            Delete
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
