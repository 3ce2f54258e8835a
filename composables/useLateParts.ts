/**
 * Fetches parts of the page one after the other once the page is at rest, and those that could not be had again whenever
 * there is a line. What shows such parts takes the number of times that helped as its key: it is then drawn anew, and they
 * are there without a reload.
 */
export function useLateParts() {
  const cameLate = useState('parts-came-late', () => 0)

  function fetchParts(parts: readonly (() => Promise<unknown>)[]) {
    const missing = new Set(parts)
    let failed = false
    let fetching = false
    async function fetchMissing() {
      if (fetching) return
      fetching = true
      try {
        for (const part of missing) {
          await part()
          missing.delete(part)
        }
        if (failed) cameLate.value++
        failed = false
      }
      catch {
        failed = true
      }
      fetching = false
    }
    onNuxtReady(fetchMissing)
    onScopeDispose(useSocket().on((event) => { if (event.type === 'hello' && missing.size) void fetchMissing() }))
  }
  return { cameLate, fetchParts }
}
