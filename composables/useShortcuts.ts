/** Which of the shell's overlays are open. */
export function useOverlays() {
  return {
    paletteOpen: useState('palette-open', () => false),
    sheetOpen: useState('sheet-open', () => false),
    sidebarOpen: useState('sidebar-open', () => false),
  }
}

export interface Shortcut { keys: string[], does: string }

/** Every shortcut there is, for the sheet on “?”. `meta` is Cmd on a Mac, Ctrl elsewhere. */
export const shortcuts: readonly Shortcut[] = [
  { keys: ['meta', 'k'], does: 'Search, jump to a conversation, do something' },
  { keys: ['meta', 'shift', 'o'], does: 'New conversation' },
  { keys: ['meta', 'shift', 's'], does: 'Show or hide the list of conversations' },
  { keys: ['enter'], does: 'Send' },
  { keys: ['shift', 'enter'], does: 'New line' },
  { keys: ['arrowup'], does: 'Edit the last message (in an empty composer)' },
  { keys: ['escape'], does: 'Stop the reply, or close what is open' },
  { keys: ['?'], does: 'This sheet' },
]

/** The shell's own shortcuts; those of the composer are the composer's. */
export function useShellShortcuts() {
  const { paletteOpen, sheetOpen, sidebarOpen } = useOverlays()
  defineShortcuts({
    meta_k: { usingInput: true, handler: () => { paletteOpen.value = !paletteOpen.value } },
    meta_shift_o: { usingInput: true, handler: () => { void navigateTo('/') } },
    meta_shift_s: { usingInput: true, handler: () => { sidebarOpen.value = !sidebarOpen.value } },
    '?': () => { sheetOpen.value = true },
  })
}
