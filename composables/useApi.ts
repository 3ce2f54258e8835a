interface ApiOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  query?: Record<string, string | number | undefined>
  /** Milliseconds; every wait has an end. */
  timeout?: number
  /** Goes through even if the page is being left. */
  keepalive?: boolean
}

/** Asks our REST routes, with the visitor's cookies while a page is rendered on the server. Call it in setup. */
export function useApi() {
  const request = useRequestFetch() as unknown as (path: string, options: object) => Promise<unknown>
  return <T>(path: string, options: ApiOptions = {}) => request(path, { timeout: 15_000, ...options }) as Promise<T>
}
