/**
 * Accounts and sessions through better-auth, configured once. None of its own HTTP endpoints are exposed: the routes
 * under server/api/auth check their input, count tries, and call its functions. See docs/security.md.
 */
import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import { anonymous, twoFactor, username } from 'better-auth/plugins'
import { newId } from '../shared/ids.ts'
import { passwordLength, usernameLength, usernameForm } from '../shared/user.ts'
import { linkGuest } from './domain/users.ts'
import { makeBackupCodes } from './domain/second-factor.ts'
import { keyFor } from './secret.ts'
import type { Services } from './services.ts'

/** Carries the address of a request, as we judge it, to better-auth; it believes no other header. */
export const addressHeader = 'x-parley-address'
/** Accounts need no e-mail address; the library does. These can never be delivered (RFC 2606). */
export const madeUpEmail = (name: string): string => `${name.toLowerCase()}@users.invalid`

const idleSeconds = 30 * 86_400
const day = 86_400
/** How long the second step of signing in may take. */
const secondStepSeconds = 600

function openAuth(services: Services) {
  const { config, database, log } = services
  const { user, session, account, verification, rateLimit, twoFactor: twoFactorTable } = database.tables
  const publicUrl = config.env.PUBLIC_URL ?? 'http://localhost:3000'
  // A cookie that is Secure never comes back over plain http, so only a server known to be reached by https sets it.
  const secure = publicUrl.startsWith('https:')
  return betterAuth({
    appName: 'Parley',
    baseURL: publicUrl,
    trustedOrigins: [new URL(publicUrl).origin, ...config.env.TRUSTED_ORIGINS],
    secret: keyFor('sessions', config),
    database: drizzleAdapter(database.db, {
      provider: database.dialect === 'postgres' ? 'pg' : 'sqlite',
      schema: { user, session, account, verification, rateLimit, twoFactor: twoFactorTable },
    }),
    session: { expiresIn: idleSeconds, updateAge: day, cookieCache: { enabled: false }, freshAge: day },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
    },
    // Counted by server/utils/limits.ts, which knows the account as well as the address, and in the routes' own answers.
    rateLimit: { enabled: false },
    plugins: [
      username({
        minUsernameLength: usernameLength.min,
        maxUsernameLength: usernameLength.max,
        usernameValidator: name => usernameForm.test(name),
      }),
      // Before the guest's, which must not hand anything over to somebody whose second step is still to come.
      twoFactor({
        issuer: 'Parley',
        twoFactorCookieMaxAge: secondStepSeconds,
        backupCodeOptions: { customBackupCodesGenerate: makeBackupCodes },
      }),
      anonymous({
        emailDomainName: 'guests.invalid',
        generateName: () => 'Guest',
        // The guest is removed by linkGuest, in the transaction that moves what was theirs.
        disableDeleteAnonymousUser: true,
        onLinkAccount: ({ anonymousUser, newUser }) => linkGuest(services, { guestId: anonymousUser.user.id, userId: newUser.user.id }),
      }),
    ],
    advanced: {
      database: { generateId: () => newId() },
      // The prefix it would add is __Secure-; __Host- also pins host and path.
      useSecureCookies: false,
      cookies: {
        session_token: { name: secure ? '__Host-parley.session' : 'parley.session' },
        two_factor: { name: secure ? '__Host-parley.second-step' : 'parley.second-step' },
      },
      cookiePrefix: 'parley',
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/', secure },
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
    telemetry: { enabled: false },
    // Its lines can hold names that were typed; what it refuses is told by our routes.
    logger: { level: 'error', log: (_level, message) => log.warn({ said: message.slice(0, 200) }, 'auth library') },
  })
}

export type Auth = ReturnType<typeof openAuth>

const opened = new WeakMap<Services, Auth>()

/** The auth library on these services; made when first asked for. */
export function authOf(services: Services): Auth {
  const known = opened.get(services)
  if (known) return known
  const auth = openAuth(services)
  opened.set(services, auth)
  return auth
}
