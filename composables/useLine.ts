/**
 * How the line to the server is doing. `workers` counts the processes that can write replies; `away` tells what keeps the
 * line down, so far as a browser can know: the device has no network at all, or the server doesn't answer.
 */
export function useLine() {
  const facts = useLineFacts()
  const network = useOnline()
  return {
    state: computed(() => facts.value.state),
    transport: computed(() => facts.value.transport),
    workers: computed(() => facts.value.workers),
    away: computed(() => facts.value.state === 'online' ? null : network.value ? 'server' as const : 'device' as const),
  }
}
