/**
 * Does what a menu's item is for once the menu has gone. In going it gives the focus back to its button: what opened
 * before that would lose it for a moment, and get it again with all its text selected.
 */
export function afterMenu(run: () => void): void {
  const wait = () => {
    if (document.querySelector('[role="menu"]')) requestAnimationFrame(wait)
    else setTimeout(run)
  }
  wait()
}
