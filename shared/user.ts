import { z } from 'zod'

export const Username = z.string().trim().min(3).max(30).regex(/^[a-zA-Z0-9_.-]+$/, 'letters, digits, dot, dash and underscore only')
export const Password = z.string().min(8).max(128)
export const Credentials = z.strictObject({ username: Username, password: Password })
export type Credentials = z.infer<typeof Credentials>

/** The signed-in person, as their own browser sees them. */
export interface PublicUser {
  id: string
  username: string
  name: string
  guest: boolean
}
