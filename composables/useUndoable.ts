/** Does what destroys once it cannot be undone any more: after ten seconds, or earlier when the page is left. */
export function useUndoable() {
  const { sayUndo, sayError } = useToasts()

  return (said: string, { act, takeBack }: { act: () => Promise<unknown>, takeBack: () => void }) => {
    let over = false
    const end = () => {
      const first = !over
      over = true
      clearTimeout(timer)
      window.removeEventListener('pagehide', finish)
      return first
    }
    const finish = () => {
      if (end()) act().catch((error: unknown) => {
        takeBack()
        sayError(error)
      })
    }
    const timer = setTimeout(finish, undoMs)
    window.addEventListener('pagehide', finish)
    sayUndo(said, () => { if (end()) takeBack() })
  }
}
