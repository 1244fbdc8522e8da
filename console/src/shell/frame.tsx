import {
  ActionIcon,
  Anchor,
  Container,
  Group,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { type ReactNode, Suspense, useState } from 'react';
import { Link, useRoute } from 'wouter';
import { HAS_GRAPHIQL } from '../gateway/credentials.ts';
import { lazily } from './lazily.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import { UserButton } from './user-button.tsx';

const SwitchUser = lazily(() => import('./switch-user.tsx'));

/** What is around every page. */
export function Frame({ children }: { readonly children: ReactNode }) {
  const [switches, setSwitches] = useState(false);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="header">
        <Group h="100%" px="md" gap="md" wrap="nowrap" justify="space-between">
          <Group gap="md" wrap="nowrap" component="nav" aria-label="Pages">
            <PageLink href="/">Sessions</PageLink>
            <PageLink href="/inbox">Inbox</PageLink>
            {HAS_GRAPHIQL && (
              <Anchor href="/graphql" size="sm" c="dimmed" visibleFrom="xs">
                GraphiQL
              </Anchor>
            )}
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ColorSchemeButton />
            <UserButton onSwitch={() => setSwitches(true)} />
          </Group>
        </Group>
      </header>
      <ConnectionBanner />
      {switches && (
        <Suspense fallback={null}>
          <SwitchUser onClose={() => setSwitches(false)} />
        </Suspense>
      )}
      <main id="main" className="main" tabIndex={-1}>
        <Container size="xl" px={0}>
          {children}
        </Container>
      </main>
    </>
  );
}

function PageLink({ href, children }: { readonly href: string; readonly children: string }) {
  const [isHere] = useRoute(href);
  return (
    <Anchor
      component={Link}
      href={href}
      fw={isHere ? 700 : 500}
      c="var(--mantine-color-text)"
      aria-current={isHere ? 'page' : undefined}
    >
      {children}
    </Anchor>
  );
}

function ColorSchemeButton() {
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'light' ? 'dark' : 'light';
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={`Use ${other} colors`}
      onClick={() => setColorScheme(other)}
    >
      {scheme === 'light' ? '☾' : '☀'}
    </ActionIcon>
  );
}
