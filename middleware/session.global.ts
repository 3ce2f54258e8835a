/**
 * Who has no session is shown the way in. This spares people empty pages; it protects nothing: every route of the
 * server asks for itself. When it can't be told who this is, nobody is taken for a stranger.
 */
export default defineNuxtRouteMiddleware(async (to) => {
  const { session, user, load } = useSession()
  const isFree = to.matched.length === 0 || to.path.startsWith('/help/')
  if (!session.value) {
    const answered = await load().then(() => true, () => false)
    if (!answered && !isFree) throw createError({ statusCode: 503, fatal: true })
  }
  if (!user.value && !isFree && to.path !== '/login') return navigateTo({ path: '/login', query: to.path === '/' ? {} : { next: to.fullPath } })
})
