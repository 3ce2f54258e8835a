import type { InjectionKey } from 'vue'

/** The text to show while the Markdown renderer is not there. */
export const plainTextKey: InjectionKey<() => string> = Symbol('plain text')
