import { z } from 'zod'
import type { ReplyTool } from '../models/reply-run.ts'

const isZone = (zone: string) => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }))
  }
  catch {
    return false
  }
}

const input = z.strictObject({
  timeZone: z.string().max(64).refine(isZone, 'is no time zone of the IANA list').optional().describe('IANA name such as Europe/Paris; UTC when left out.'),
})

export const whatTime = (now: () => Date = () => new Date()): ReplyTool => ({
  name: 'what_time',
  description: 'Tells the present date and time.',
  inputSchema: input,
  effects: false,
  run: async (value) => {
    const { timeZone = 'UTC' } = input.parse(value)
    const moment = now()
    return { iso: moment.toISOString(), timeZone, local: new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long', timeZone }).format(moment) }
  },
})
