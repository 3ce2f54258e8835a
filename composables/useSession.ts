import type { PublicUser } from '~~/shared/user'
import { appendResponseHeader } from 'h3'
import { forgetKept, moveKeptCommands } from '~/utils/browser-keep'
import { forgetOwn, moveOwn } from '~/utils/own-storage'

interface SessionAnswer { user: PublicUser | null, guestsAllowed: boolean, signUpAllowed: boolean }

/** Who is here, and the ways in and out. */
export function useSession() {
  const api = useApi()
  const event = useRequestEvent()
  const session = useState<SessionAnswer | null>('session', () => null)
  const user = computed(() => session.value?.user ?? null)

  /** A guest who has signed up, or in, takes along what this browser still keeps for them. */
  async function take(answer: SessionAnswer) {
    const [before, now] = [user.value, answer.user]
    if (import.meta.client && before?.guest && now && now.id !== before.id) {
      moveOwn(before.id, now.id)
      await moveKeptCommands(before.id, now.id).catch(() => {})
    }
    session.value = answer
  }

  /** Asks the server who this is. While rendering, a renewed cookie is passed on. */
  async function load(): Promise<PublicUser | null> {
    if (event) {
      const response = await event.fetch('/api/session', { headers: { cookie: event.headers.get('cookie') ?? '' } })
      if (!response.ok) throw new Error('It cannot be told who this is.')
      for (const cookie of response.headers.getSetCookie()) appendResponseHeader(event, 'set-cookie', cookie)
      session.value = await response.json() as SessionAnswer
    }
    else await take(await api<SessionAnswer>('/api/session'))
    return user.value
  }

  const entered = (answer: { user: PublicUser }) => take({ guestsAllowed: false, signUpAllowed: false, ...session.value, user: answer.user })
  /** False when the password was right and a code is asked for as well. */
  async function signIn(body: { username: string, password: string }): Promise<boolean> {
    const { user } = await api<{ user: PublicUser | null }>('/api/auth/sign-in/username', { method: 'POST', body })
    if (user) await entered({ user })
    return user !== null
  }
  const giveCode = async (code: string) => entered(await api('/api/auth/second-factor', { method: 'POST', body: { code } }))
  const signUp = async (body: { username: string, password: string }) => entered(await api('/api/auth/sign-up/email', { method: 'POST', body }))
  const continueAsGuest = async () => entered(await api('/api/auth/sign-in/anonymous', { method: 'POST', body: {} }))
  const rename = async (name: string) => entered(await api('/api/account', { method: 'PATCH', body: { name } }))

  /** A whole new page afterwards: nothing of this person stays in memory, nor in the browser. */
  async function signOut() {
    await api('/api/auth/sign-out', { method: 'POST', body: {} })
    await forget()
  }
  /** The server's `clear-site-data` does the same, but browsers heed it over https alone. */
  async function forget() {
    forgetOwn()
    await Promise.all([forgetKept(), import('~/utils/kept-recordings').then(({ forgetRecordings }) => forgetRecordings())]).catch(() => {})
    leave()
  }
  const leave = () => window.location.assign('/login')

  return { session, user, load, signIn, giveCode, signUp, continueAsGuest, rename, signOut, forget, leave }
}

/** Under whose name this browser keeps what is being written. */
export function useOwnId(): () => string {
  const { user } = useSession()
  return () => user.value?.id ?? 'nobody'
}
