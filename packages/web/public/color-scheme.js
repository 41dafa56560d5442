// SPDX-License-Identifier: Apache-2.0
// Before the first paint: a page in the wrong colours flashes. A file of its own, since the policy allows nothing inline.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('countersign.color-scheme');
  } catch {
    // Storage is barred: follow the system.
  }
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const scheme = chosen === 'light' || chosen === 'dark' ? chosen : isDark ? 'dark' : 'light';
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
})();
