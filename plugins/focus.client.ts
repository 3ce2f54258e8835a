import { keepFocus } from '~/utils/focus-keeper'

export default defineNuxtPlugin(keepFocus)
