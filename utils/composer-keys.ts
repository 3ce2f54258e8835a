/** What a composer needs to know of a key press. */
export interface KeyPress {
  key: string
  shiftKey: boolean
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  isComposing: boolean
  /** 229 while an input method composes, also on the Enter that ends it in Safari, where `isComposing` is false by then. */
  keyCode: number
}

/** Enter sends, alone or with Ctrl or Cmd; Shift or Alt break the line; an input method's Enter is its own. */
export const saysSend = (press: KeyPress): boolean =>
  press.key === 'Enter' && !press.shiftKey && !press.altKey && !press.isComposing && press.keyCode !== 229

/** Arrow-up in an empty composer edits the last message. */
export const saysEditLast = (press: KeyPress, text: string): boolean =>
  press.key === 'ArrowUp' && text === '' && !press.shiftKey && !press.ctrlKey && !press.metaKey && !press.altKey && !press.isComposing
