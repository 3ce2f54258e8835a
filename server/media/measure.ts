/** A step of a pipeline that counts and hashes what passes, and refuses more than is allowed. */
import { createHash } from 'node:crypto'
import { AppError } from '../domain/errors.ts'
import { bytesInWords } from '../../shared/bytes.ts'
import { spent } from './spent-buffers.ts'

export interface Measure {
  step: (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>
  /** Valid when the pipeline is done; `sha256` is lower-case hex. */
  result(): { bytes: number, sha256: string }
}

/** @throws AppError `media_too_large` (through the pipeline) as soon as more than `maxBytes` have come. */
export function measure(maxBytes: number): Measure {
  const hash = createHash('sha256')
  let bytes = 0
  return {
    step: async function* (source) {
      for await (const chunk of source) {
        bytes += chunk.length
        if (bytes > maxBytes) throw new AppError('media_too_large', { details: { name: 'The file', limit: bytesInWords(maxBytes) } })
        hash.update(chunk)
        yield chunk
        spent(chunk.length)
      }
    },
    result: () => ({ bytes, sha256: hash.digest('hex') }),
  }
}
