// The console: the theme, the gateway as this user, the frame, and the page of the address.
import { lazily } from './lazily.ts';
import { MantineProvider, createTheme } from '@mantine/core';
import { Suspense, useEffect, useEffectEvent, useState } from 'react';
import { Provider } from 'urql';
import { Route, Switch, useLocation } from 'wouter';
import { SIGN_IN, setCredential, useCredential } from '../gateway/credentials.ts';
import { type Gateway, GatewayContext, openGateway } from '../gateway/gateway.ts';
import { nonce } from './nonce.ts';
import { useFocusOnPage } from './focus.ts';
import { Frame } from './frame.tsx';
import { Notices } from './notices.tsx';
import { Failed, Loading, NotFound } from './states.tsx';
import { ErrorBoundary } from './error-boundary.tsx';

const SignInPage = lazily(() => import('./sign-in-page.tsx'));
const SessionsPage = lazily(() => import('../sessions/sessions-page.tsx'));
const SessionPage = lazily(() => import('../session/session-page.tsx'));
const InboxPage = lazily(() => import('../inbox/inbox-page.tsx'));
const ComparePage = lazily(() => import('../compare/compare-page.tsx'));

const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: 8,
  autoContrast: true,
  respectReducedMotion: true,
});

export function Console() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={nonce}>
      <Notices />
      <SignedIn />
    </MantineProvider>
  );
}

function SignedIn() {
  const credential = useCredential();
  const [refused, setRefused] = useState<string>();
  const [path] = useLocation();
  useFocusOnPage(pageOf(path));
  const gateway = useOpenGateway(credential, () => setRefused(credential));
  if (refused === credential || (SIGN_IN === 'token' && credential === '')) {
    return (
      <Suspense fallback={null}>
        <SignInPage
          refused={refused === credential}
          onToken={(token) => {
            setRefused(undefined);
            setCredential(token);
          }}
        />
      </Suspense>
    );
  }
  if (gateway === undefined) return <Loading what="the console" />;
  return (
    <GatewayContext value={gateway}>
      <Provider key={credential} value={gateway.client}>
        <Frame>
          <ErrorBoundary
            key={pageOf(path)}
            fallback={(error) => <Failed title="This page failed" message={error} />}
          >
            <Suspense fallback={<Loading what="the page" />}>
              <Switch>
                <Route path="/" component={SessionsPage} />
                <Route path="/sessions/:id/:checkpointId?">
                  {({ id, checkpointId }) => (
                    <SessionPage key={id} id={id} checkpointId={checkpointId ?? null} />
                  )}
                </Route>
                <Route path="/inbox" component={InboxPage} />
                <Route path="/compare" component={ComparePage} />
                <Route>
                  <NotFound what="page" />
                </Route>
              </Switch>
            </Suspense>
          </ErrorBoundary>
        </Frame>
      </Provider>
    </GatewayContext>
  );
}

/** Another user has another cache and another socket, and sees nothing of the one before. */
function useOpenGateway(credential: string, onRefused: () => void): Gateway | undefined {
  const [opened, setOpened] = useState<{
    readonly gateway: Gateway;
    readonly credential: string;
  }>();
  const refuse = useEffectEvent(onRefused);
  useEffect(() => {
    const gateway = openGateway(credential, () => refuse());
    setOpened({ gateway, credential });
    return () => gateway.dispose();
  }, [credential]);
  return opened?.credential === credential ? opened.gateway : undefined;
}

/** A step of a session is on the page of the session. */
function pageOf(path: string): string {
  return path.split('/').slice(0, 3).join('/');
}
