import { z } from 'zod'

export const usernameLength = { min: 3, max: 30 } as const
export const usernameForm = /^[a-zA-Z0-9_.-]+$/
export const passwordLength = { min: 8, max: 128 } as const

export const Username = z.string().trim().min(usernameLength.min).max(usernameLength.max).regex(usernameForm, 'letters, digits, dot, dash and underscore only')
export const Password = z.string().min(passwordLength.min).max(passwordLength.max)
/** One that exists already: only its length is checked. */
export const CurrentPassword = z.string().min(1).max(passwordLength.max)
/** Six digits of an app, or a backup code; spaces and dashes as one likes. */
export const SecondFactorCode = z.string().trim().min(6).max(32)
export const PersonName = z.string().trim().min(1).max(60)
export const Credentials = z.strictObject({ username: Username, password: Password })
export type Credentials = z.infer<typeof Credentials>

/** The signed-in person, as their own browser sees them. */
export const PublicUser = z.object({ id: z.string(), username: z.string(), name: z.string(), guest: z.boolean() })
export type PublicUser = z.infer<typeof PublicUser>
