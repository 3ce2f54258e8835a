import { mountSuspended } from '@nuxt/test-utils/runtime'
import { describe, expect, it, vi } from 'vitest'
import { PlainButton, UButton } from '#components'

const kinds = [
  { label: 'Send' },
  { icon: 'i-lucide-copy', 'aria-label': 'Copy', 'size': 'sm', 'color': 'neutral', 'variant': 'ghost', 'class': 'touch-target rounded-full' },
  { label: 'Copy', icon: 'i-lucide-copy', size: 'xs', color: 'neutral', variant: 'ghost' },
  { label: 'A model', trailingIcon: 'i-lucide-chevron-down', size: 'sm', color: 'neutral', variant: 'ghost', class: 'min-w-0 max-w-56' },
  { label: 'Sign in', type: 'submit', block: true, size: 'lg', loading: true },
  { label: 'Delete', color: 'error', variant: 'subtle', block: true, class: 'justify-start', disabled: true },
] as const

describe('a plain button', () => {
  it.each(kinds)('looks like Nuxt UI’s: %o', async (kind) => {
    const [plain, theirs] = await Promise.all([mountSuspended(PlainButton, { props: kind }), mountSuspended(UButton, { props: kind })])
    const seen = ({ element }: { element: Element }) => [element, ...element.querySelectorAll('*')]
      .map(one => [one.tagName, [...one.classList].sort().join(' '), one.getAttribute('type'), one.hasAttribute('disabled'), one.getAttribute('aria-label')])
    expect(seen(plain)).toEqual(seen(theirs))
    expect(plain.text()).toBe(theirs.text())
  })

  it('is pressed', async () => {
    const onClick = vi.fn()
    const button = await mountSuspended(PlainButton, { props: { label: 'Copy' }, attrs: { onClick } })
    await button.trigger('click')
    expect(onClick).toHaveBeenCalledOnce()
  })
})
