/** What Nuxt UI's theme says a button looks like, worked out once for each kind of button instead of once for each button. */
import { tv } from '@nuxt/ui/utils/tv'
import theme from '#build/ui/button.ts'
import appConfig from '~/app.config'

/** How a button may look. */
export interface ButtonKind {
  color?: 'primary' | 'neutral' | 'error' | 'warning' | 'success' | 'info'
  variant?: 'solid' | 'outline' | 'soft' | 'subtle' | 'ghost' | 'link'
  size?: 'xs' | 'sm' | 'md' | 'lg' | 'xl'
  block?: boolean
  /** Nothing but a picture. */
  square?: boolean
  loading?: boolean
  leading?: boolean
  trailing?: boolean
  /** Classes of this very button, which go before the theme's. */
  class?: string
}
export interface ButtonLook { base: string, label: string, leadingIcon: string, trailingIcon: string }

/** Classes are written in templates, so there are as many kinds as those have. */
const looks = new Map<string, ButtonLook>()
const themed = tv({ extend: theme, ...appConfig.ui.button } as never)

export function buttonLook({ class: own, ...kind }: ButtonKind): ButtonLook {
  const key = JSON.stringify([own, kind])
  const known = looks.get(key)
  if (known) return known
  const slots = themed(kind as never) as unknown as Record<keyof ButtonLook, (about?: { class?: string }) => string>
  const look = { base: slots.base({ class: own }), label: slots.label(), leadingIcon: slots.leadingIcon(), trailingIcon: slots.trailingIcon() }
  looks.set(key, look)
  return look
}
