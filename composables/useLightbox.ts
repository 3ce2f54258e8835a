import { inject, type InjectionKey, provide } from 'vue'

const key: InjectionKey<(mediaId: string) => void> = Symbol('lightbox')

/** Lets pictures below this component open large; `open` is told which. */
export const provideLightbox = (open: (mediaId: string) => void) => provide(key, open)

/** Opens a picture large; null where no lightbox is around. */
export const useLightbox = () => inject(key, null)
