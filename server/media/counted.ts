import { AppError } from '../domain/errors.ts'
import { metrics } from '../metrics.ts'
import type { MediaStore } from './media-store.ts'

/** The same store, whose failed operations are counted. A refusal (`media_not_found`, `media_too_large`) is no failure. */
export function counted(store: MediaStore): MediaStore {
  return new Proxy(store, {
    get(target, operation) {
      const value: unknown = Reflect.get(target, operation)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, given)
        if (result instanceof Promise) result.catch((error: unknown) => {
          if (!(error instanceof AppError) || error.code === 'store_unreachable') metrics.storeErrors.inc({ operation: String(operation) })
        })
        return result
      }
    },
  })
}
