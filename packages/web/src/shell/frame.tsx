// SPDX-License-Identifier: Apache-2.0
import { Outlet } from '@tanstack/react-router';
import { DemonstrationBanner } from './demonstration-banner.tsx';

/** Around everything, signed in or not. */
export function Frame() {
  return (
    <div className="everything">
      <DemonstrationBanner />
      <Outlet />
    </div>
  );
}
