import { computed, onMounted, ref, useId, type ComputedRef } from 'vue'
import { inTurn } from '~/utils/in-turn'
import { markdownCost, mostMarks } from '~/utils/markdown-cost'

/**
 * What the server draws for one page, in marks; so many letters count as one, and a paragraph as some. A second's work or less,
 * in which it answers nobody else. (A clock would be fairer, but all pieces are begun before the first is drawn.)
 */
const pageMarks = 4000
const lettersPerMark = 40
const marksPerParagraph = 4
const spent = new WeakMap<object, number>()

/** Whether the page has room for it, which it then takes. */
function fits(page: object, cost: number): boolean {
  const total = (spent.get(page) ?? 0) + cost
  if (cost <= mostMarks.server && total <= pageMarks) spent.set(page, total)
  return cost <= mostMarks.server && total <= pageMarks
}

/**
 * True for a piece of Markdown that is shown as it was written: for good when it would hold up the browser, and until the
 * browser draws it when it would hold up the server. What is `plain` anyway takes nothing of the page's share.
 */
export function useLeftPlain(text: () => string, plain: boolean): ComputedRef<boolean> {
  const cost = computed(() => markdownCost(text()))
  const id = useId()
  const leftByServer = useState<string[]>('left-plain', () => [])
  const waits = ref(false)
  const { isHydrating, ssrContext } = useNuxtApp()
  if (ssrContext && !plain) {
    const paragraphs = text().split(/\n\s*\n/).length - 1
    waits.value = !fits(ssrContext, cost.value + text().length / lettersPerMark + paragraphs * marksPerParagraph)
    if (waits.value) leftByServer.value.push(id)
  }
  else if (isHydrating && leftByServer.value.includes(id)) {
    waits.value = true
    onMounted(() => { inTurn(() => { waits.value = false }) })
  }
  return computed(() => waits.value || cost.value > mostMarks.browser)
}
