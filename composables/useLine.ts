/** How the line to the server is doing. `workers` counts the processes that can write replies. */
export function useLine() {
  const facts = useLineFacts()
  return {
    state: computed(() => facts.value.state),
    transport: computed(() => facts.value.transport),
    workers: computed(() => facts.value.workers),
  }
}
