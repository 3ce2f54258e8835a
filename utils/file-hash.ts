/** Reading a larger file whole would cost more than it may save. */
const hashedBytes = 64 * 1024 ** 2

/** SHA-256 in hex, by which known bytes need not be sent twice; undefined for large files and where pages come without https. */
export async function hashOf(file: Blob): Promise<string | undefined> {
  // Missing where the context isn't secure, whatever the types say.
  const subtle = (globalThis.crypto as Partial<Crypto>).subtle
  if (!subtle || file.size > hashedBytes) return undefined
  try {
    const hash = await subtle.digest('SHA-256', await file.arrayBuffer())
    return Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, '0')).join('')
  }
  catch {
    // It can't be read any more; sending it will say so.
    return undefined
  }
}
