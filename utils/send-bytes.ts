/** One request that carries bytes, with progress, which `fetch` cannot tell. */

export interface Sending {
  method: 'POST' | 'PUT'
  url: string
  headers?: Record<string, string>
  body: Blob | FormData
}

export interface Watching {
  signal: AbortSignal
  progress(sentBytes: number): void
}

export interface Sent {
  /** 0 when nothing came back: no network, no such host, refused by CORS, or stalled. */
  status: number
  text: string
}

/** Our server and the store get this long without a byte moving. */
const stallMs = 60_000

export const isGood = (status: number) => status >= 200 && status < 300

/** Rejects with the signal's reason when it was cancelled, and for nothing else. */
export function sendBytes({ method, url, headers = {}, body }: Sending, { signal, progress }: Watching): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let stalled: ReturnType<typeof setTimeout> | undefined
    const move = () => {
      clearTimeout(stalled)
      stalled = setTimeout(() => request.abort(), stallMs)
    }
    const abort = () => request.abort()
    const end = (status: number) => {
      clearTimeout(stalled)
      signal.removeEventListener('abort', abort)
      if (signal.aborted) reject(signal.reason)
      else resolve({ status, text: status === 0 ? '' : request.responseText })
    }
    request.upload.onprogress = (event) => {
      move()
      progress(event.loaded)
    }
    request.onload = () => end(request.status)
    request.onerror = request.onabort = () => end(0)
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', abort)
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    move()
    request.send(body)
  })
}
