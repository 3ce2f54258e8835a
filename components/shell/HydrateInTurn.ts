import { defineComponent } from 'vue'
import { useNuxtApp } from '#imports'

const waiting: (() => void)[] = []
/** A task of the browser's own for each who asks, whoever asked last first: what stands lowest in a conversation is read first. */
const ownTask = () => new Promise<void>((resolve) => {
  waiting.push(resolve)
  setTimeout(() => waiting.pop()?.())
})

/**
 * What is in it takes over the server's HTML in a task of its own, so that a page wakes up piece by piece and answers in between.
 * The page counts as standing once all pieces do (Vue's Suspense waits), and until then nothing that was drawn may change.
 */
export default defineComponent({
  name: 'HydrateInTurn',
  setup(_, { slots }) {
    const draw = () => slots.default?.()
    // A promise on the server too: Vue numbers its ids (`useId`) by who is waited for.
    if (import.meta.server) return Promise.resolve(draw)
    return useNuxtApp().isHydrating ? ownTask().then(() => draw) : draw
  },
})
