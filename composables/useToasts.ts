import { sentenceFor } from '~/utils/problems'

/** What destroys can be undone this long. */
export const undoMs = 10_000

interface Say {
  description?: string
  /** One thing the person may do about it. */
  action?: { label: string, run: () => void }
  /** Milliseconds it stays. */
  staysMs?: number
}

/** The only place where something becomes a toast. */
export function useToasts() {
  const toast = useToast()

  const show = (title: string, color: 'neutral' | 'error', { description, action, staysMs = 5_000 }: Say) => {
    const { id } = toast.add({
      title, description, color, duration: staysMs,
      // The line that runs out tells how long something can still be done about it.
      progress: Boolean(action), orientation: action && !description ? 'horizontal' : 'vertical',
      icon: color === 'error' ? 'i-lucide-circle-alert' : undefined,
      actions: action && [{ label: action.label, color: 'neutral', variant: 'outline', onClick: () => action.run() }],
    })
    return () => toast.remove(id)
  }

  /** Says something that happened. Returns what takes it away again. */
  const say = (title: string, more: Say = {}) => show(title, 'neutral', more)
  /** Says what went wrong, in a sentence, whatever was thrown. */
  const sayError = (error: unknown, more: Say = {}) => show(sentenceFor(error), 'error', { staysMs: 8_000, ...more })
  /** Says what was done, with the way back for as long as there is one: no longer, even while a pointer rests on it. */
  const sayUndo = (title: string, undo: () => void) => {
    const remove = say(title, { staysMs: undoMs, action: { label: 'Undo', run: undo } })
    setTimeout(remove, undoMs)
  }
  return { say, sayError, sayUndo }
}
