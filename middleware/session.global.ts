/**
 * Who has no session is shown the way in. This spares people empty pages; it protects nothing: every route of the
 * server asks for itself.
 */
export default defineNuxtRouteMiddleware(async (to) => {
  const { session, user, load } = useSession()
  if (!session.value) await load().catch(() => {})
  if (!session.value || to.path.startsWith('/help/')) return
  if (!user.value && to.path !== '/login') return navigateTo({ path: '/login', query: to.path === '/' ? {} : { next: to.fullPath } })
})
