/**
 * While a page wakes up, Nuxt takes any error for its end and shows the error page. A part whose script could not be fetched
 * is no such end: what the server made of it stays, and useLateParts brings the part once there is a line.
 */
export default defineNuxtPlugin((nuxt) => {
  const { missed } = useLateParts()
  const errors = new WeakSet<object>()
  window.addEventListener('vite:preloadError', (event) => {
    errors.add(event.payload)
    missed.value = true
  })

  const { config } = nuxt.vueApp
  const end = config.errorHandler
  config.errorHandler = (error, ...about) => {
    if (error instanceof Object && errors.has(error)) console.warn(error)
    else end?.(error, ...about)
  }
  // As Nuxt does with its own.
  nuxt.hooks.hookOnce('app:suspense:resolve', () => { config.errorHandler = undefined })
})
