/** A minute and a half of tries: a restart of the server or a tunnel is over by then, a part that a deploy removed is not coming back. */
const pausesMs = [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000, 15_000]

/**
 * Loads a part of the page that may be asked for while there is no connection, trying again until it is there. Everybody
 * who asks in the meantime waits for the same tries.
 * @throws what `load` threw last, when the last try failed as well
 */
export function loadPatiently<T>(load: () => Promise<T>, pauses: readonly number[] = pausesMs): () => Promise<T> {
  let loading: Promise<T> | undefined
  const attempt = async (at: number): Promise<T> => {
    try {
      return await load()
    }
    catch (error) {
      const pause = pauses[at]
      if (pause === undefined) throw error
      await new Promise(resolve => setTimeout(resolve, pause))
      return attempt(at + 1)
    }
  }
  return () => loading ??= attempt(0).catch((error: unknown) => {
    loading = undefined
    throw error
  })
}
