/** Where to go after signing in: a path of our own, or the beginning. Anything that could lead to another site is dropped. */
export function ownPath(next: unknown): string {
  if (typeof next !== 'string' || !/^\/[^/\\]/.test(next) || next.startsWith('/login')) return '/'
  const url = new URL(next, 'http://own.invalid')
  return url.host === 'own.invalid' ? url.pathname + url.search + url.hash : '/'
}
