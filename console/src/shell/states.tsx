// What a page shows in the place of what it has not: it loads, it failed, there is nothing.
import { Alert, Button, Center, Group, Loader, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';

export function Loading({ what }: { readonly what: string }) {
  return (
    <Center mih={160} role="status">
      <Group gap="sm">
        <Loader size="sm" aria-hidden />
        <Text c="dimmed">Loading {what}…</Text>
      </Group>
    </Center>
  );
}

interface FailedProps {
  readonly title: string;
  readonly message: string;
  /** Where it may be tried again. */
  readonly onRetry?: (() => void) | undefined;
}

export function Failed({ title, message, onRetry }: FailedProps) {
  const retry = onRetry ?? (() => location.reload());
  return (
    <Alert color="red" variant="light" title={title} my="md" role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="words">
          {message}
        </Text>
        <Button size="xs" variant="default" onClick={retry}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <Stack align="center" py="xl" gap="xs">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text component="div" c="dimmed" ta="center">
        {children}
      </Text>
    </Stack>
  );
}

/** Not there and not yours are the same. */
export function NotFound({ what }: { readonly what: string }) {
  return (
    <Empty title={`No such ${what}`}>
      It is not there, or not yours. <Link href="/">Go to your sessions</Link>
    </Empty>
  );
}
