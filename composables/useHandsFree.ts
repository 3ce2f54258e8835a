/** The conversation that is held hands-free in this tab; null for none. Only ever set in the browser. */
const conversationId = ref<string | null>(null)

/** Opens and closes the hands-free mode; components/conversation/HandsFree.vue is it. */
export const useHandsFree = () => ({
  conversationId: readonly(conversationId),
  open: (id: string) => { conversationId.value = id },
  close: () => { conversationId.value = null },
})
