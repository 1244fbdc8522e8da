import { Modal, type ModalProps } from '@mantine/core';
import { useEffect, useState } from 'react';

type Props = Pick<ModalProps, 'title' | 'size' | 'children' | 'onClose'>;

/** A dialog for as long as it is there: focus goes back to where it was, and no click beside it loses what was typed. */
export function Dialog(props: Props) {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    },
    [before],
  );
  return (
    <Modal
      opened
      returnFocus={false}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
      {...props}
    />
  );
}
