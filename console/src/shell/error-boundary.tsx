import { Component, type ReactNode } from 'react';

interface Props {
  readonly fallback: (message: string) => ReactNode;
  readonly children: ReactNode;
}

/** Shows what is wrong in the place of what failed, as when a new version has other files than this page knows. */
export class ErrorBoundary extends Component<Props, { readonly message: string | undefined }> {
  override state = { message: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { message: messageFor(error) };
  }

  override render(): ReactNode {
    const { message } = this.state;
    return message === undefined ? this.props.children : this.props.fallback(message);
  }
}

function messageFor(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // As Chromium, Firefox and Safari say it of a part of the page that did not come.
  return /dynamically imported module|importing a module/i.test(message)
    ? 'A part of the page could not be fetched. The gateway may be starting again, or be a newer one.'
    : message;
}
