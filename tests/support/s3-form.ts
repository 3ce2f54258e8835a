/** A multipart/form-data body as browsers send it, read whole. For the S3 double. */
export function readForm(body: Buffer, contentType: string): { fields: Record<string, string>, file: Buffer | null } {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1]
  const fields: Record<string, string> = {}
  if (boundary === undefined) return { fields, file: null }
  const separator = Buffer.from(`--${boundary}`)
  let at = body.indexOf(separator)
  while (at >= 0) {
    const next = body.indexOf(separator, at + separator.length)
    if (next < 0) break
    const part = body.subarray(at + separator.length + 2, next - 2)
    const split = part.indexOf('\r\n\r\n')
    const head = part.subarray(0, split).toString()
    const value = part.subarray(split + 4)
    const name = /name="([^"]*)"/.exec(head)?.[1]?.toLowerCase() ?? ''
    // As S3: what follows the file is ignored.
    if (name === 'file') return { fields, file: value }
    fields[name] = value.toString()
    at = next
  }
  return { fields, file: null }
}
