import { nextTick, onMounted, type Ref, watch } from 'vue'

/** Lets a text field (class `grow-with-text`) grow with its text in browsers that don't know `field-sizing`. */
export function useGrowingField(field: Ref<HTMLTextAreaElement | null>, text: Ref<string>) {
  async function grow() {
    await nextTick()
    if (!field.value || CSS.supports('field-sizing', 'content')) return
    field.value.style.height = 'auto'
    field.value.style.height = `${field.value.scrollHeight}px`
  }
  onMounted(grow)
  watch(text, grow)
}
