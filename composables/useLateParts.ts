type Part = () => Promise<unknown>

/**
 * Fetches parts of the page one after the other once the page is at rest, and those that could not be had again whenever
 * there is a line. What shows such parts takes the number of times that helped as its key: it is then drawn anew, and they
 * are there without a reload.
 */
export function useLateParts() {
  const cameLate = useState('parts-came-late', () => 0)

  function fetchParts(list: () => Promise<readonly Part[]>) {
    let missing: Set<Part> | undefined
    let failed = false
    async function fetchMissing() {
      const again = failed
      failed = false
      try {
        missing ??= new Set(await list())
        for (const part of missing) {
          await part()
          missing.delete(part)
        }
        if (again) cameLate.value++
      }
      catch {
        failed = true
      }
    }
    onNuxtReady(fetchMissing)
    onScopeDispose(useSocket().on((event) => { if (event.type === 'hello' && failed) void fetchMissing() }))
  }
  return { cameLate, fetchParts }
}
