import { createSSRApp, defineComponent, h, Suspense } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HydrateInTurn } from '#components'

const woken: string[] = []
const Piece = defineComponent({ props: { name: { type: String, required: true } }, setup: ({ name }) => () => {
  woken.push(name)
  return h('p', name)
} })
const page = () => h('main', ['one', 'two', 'three'].map(name => h(HydrateInTurn, { key: name }, { default: () => h(Piece, { name }) })))

afterEach(() => {
  vi.restoreAllMocks()
  useNuxtApp().isHydrating = false
  woken.length = 0
})

function hydrate() {
  const root = document.createElement('div')
  root.innerHTML = `<main>${['one', 'two', 'three'].map(name => `<!--[--><p>${name}</p><!--]-->`).join('')}</main>`
  const standing = vi.fn()
  const app = createSSRApp({ render: () => h(Suspense, { onResolve: standing }, { default: page }) })
  app.mount(root)
  return { root, standing, paragraphs: [...root.querySelectorAll('p')] }
}

describe('pieces of a page that wake up', () => {
  it('do so each in its own task, the lowest first, and take over what stands there', async () => {
    const tasks: (() => void)[] = []
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void) => tasks.push(run)) as never)
    useNuxtApp().isHydrating = true
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const { root, standing, paragraphs } = hydrate()
    expect(woken).toEqual([])
    for (const so of [['three'], ['three', 'two'], ['three', 'two', 'one']]) {
      expect(standing).not.toHaveBeenCalled()
      // Others wait for tasks too.
      while (tasks.length && woken.length < so.length) {
        tasks.shift()?.()
        await new Promise(setImmediate)
      }
      expect(woken).toEqual(so)
    }
    expect(standing).toHaveBeenCalledOnce()
    expect([...root.querySelectorAll('p')]).toEqual(paragraphs)
    expect(warn).not.toHaveBeenCalled()
  })

  it('are there at once where nothing stands yet', () => {
    hydrate()
    expect(woken).toEqual(['one', 'two', 'three'])
  })
})
