import { frameLimits } from '../../shared/protocol.ts'

/**
 * Bounds what one socket can make us hold; crossws passes these on to `ws`. Without `maxFragments` an unfinished message
 * of a million one-byte pieces is kept whole (CVE-2026-48779).
 */
export function setSocketLimits(h3App: { websocket?: unknown }): void {
  const { websocket } = h3App
  Object.defineProperty(h3App, 'websocket', {
    value: {
      ...(websocket as object),
      idleTimeout: 45,
      serverOptions: { maxPayload: frameLimits.maxBytes, maxFragments: 64, perMessageDeflate: false },
    },
  })
}
