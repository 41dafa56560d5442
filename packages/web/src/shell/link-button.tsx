// SPDX-License-Identifier: Apache-2.0
import { Button, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { type AnchorHTMLAttributes, forwardRef } from 'react';

interface AnchorButtonProps
  extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps>,
    ButtonProps {}

const AnchorButton = forwardRef<HTMLAnchorElement, AnchorButtonProps>((props, ref) => (
  <Button ref={ref} component="a" {...props} />
));

/** A link that looks like a button: it goes somewhere and has an address. */
export const LinkButton = createLink(AnchorButton);
