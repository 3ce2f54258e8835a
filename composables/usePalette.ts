import { sentenceFor } from '~/utils/problems'

export interface SearchResult { conversationId: string, messageId: string | null, title: string | null, excerpt: string, marks: [number, number][], createdAt: number }

/** Typing pauses this long before the server is asked. */
const pauseMs = 150

/** Full-text search over all messages, as one types. An older answer never replaces a newer one. */
export function useMessageSearch(term: Ref<string>) {
  const api = useApi()
  const results = shallowRef<SearchResult[]>([])
  const searching = ref(false)
  const problem = ref<string | null>(null)
  let asked = 0

  const search = useDebounceFn(async (words: string, turn: number) => {
    try {
      const answer = await api<{ results: SearchResult[] }>('/api/search', { query: { q: words } })
      if (turn === asked) results.value = answer.results
    }
    catch (error) {
      if (turn === asked) problem.value = sentenceFor(error)
    }
    finally {
      if (turn === asked) searching.value = false
    }
  }, pauseMs)

  watch(term, (words) => {
    problem.value = null
    const turn = ++asked
    searching.value = words.trim().length > 1
    if (searching.value) void search(words.trim(), turn)
    else results.value = []
  })
  return { results, searching, problem }
}
