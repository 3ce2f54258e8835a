/** Which of the shell's overlays are open. */
export function useOverlays() {
  return {
    paletteOpen: useState('palette-open', () => false),
    sheetOpen: useState('sheet-open', () => false),
    /** The list as a drawer, on phones. */
    drawerOpen: useState('drawer-open', () => false),
    /** The list beside the page, where there is room. */
    sidebarShown: useCookie<boolean>('parley.sidebar', { maxAge: 365 * 86_400, sameSite: 'lax', default: () => true }),
  }
}

/** Shows or hides the list, in the form that fits the window. */
export function useSidebar() {
  const { drawerOpen, sidebarShown } = useOverlays()
  const toggle = () => {
    if (window.matchMedia('(min-width: 64rem)').matches) sidebarShown.value = !sidebarShown.value
    else drawerOpen.value = !drawerOpen.value
  }
  return { toggle, drawerOpen, sidebarShown }
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
  const { paletteOpen, sheetOpen } = useOverlays()
  const { toggle } = useSidebar()
  defineShortcuts({
    meta_k: { usingInput: true, handler: () => { paletteOpen.value = !paletteOpen.value } },
    meta_shift_o: { usingInput: true, handler: () => { void navigateTo('/') } },
    meta_shift_s: { usingInput: true, handler: toggle },
    '?': () => { sheetOpen.value = true },
  })
}
