/** LLM06, ASVS 2.3.3 and 2.3.4: what one person may ask of the models, also when they ask for it all at once. */
import { describe, expect, it } from 'vitest'
import { newId } from '../../../shared/ids.ts'
import { runCommand } from '../../../server/domain/commands.ts'
import { claimReply, closeReply } from '../../../server/domain/replies.ts'
import { linkGuest } from '../../../server/domain/users.ts'
import type { SessionUser } from '../../../server/domain/access.ts'
import type { Services } from '../../../server/services.ts'
import { dialects } from '../../support/database.ts'
import { makeUser, sending } from '../../support/domain.ts'
import { withServices } from '../../support/services.ts'

const codeOf = (sent: Promise<unknown>): Promise<string> => sent.then(() => 'accepted', (error: { code?: string }) => error.code ?? String(error))

/** Sends, and has the reply end with this much said and used. */
async function spend(services: Services, user: SessionUser, outcome: { inputTokens: number | null, outputTokens: number | null, text?: string, status?: 'done' | 'stopped' }): Promise<string> {
  const command = sending()
  const code = await codeOf(runCommand(services, user, command))
  if (code !== 'accepted') return code
  const row = await claimReply(services, command.replyId)
  const counted = outcome.inputTokens === null && outcome.outputTokens === null ? null : { inputTokens: outcome.inputTokens, outputTokens: outcome.outputTokens, reasoningTokens: null, cachedInputTokens: null }
  await closeReply(services, row!, { status: outcome.status ?? 'done', parts: [{ type: 'text', text: outcome.text ?? 'hello' }], usage: counted, error: null })
  return code
}

describe.each(dialects)('what one person may ask on %s', (dialect) => {
  it('ends at so many open replies, however many are asked for at once; nobody else feels it', () => withServices(dialect, async ({ services }) => {
    const [user, other] = [await makeUser(services), await makeUser(services)]
    const commands = Array.from({ length: 12 }, () => sending())
    const codes = await Promise.all(commands.map(command => codeOf(runCommand(services, user, command))))
    expect(codes.filter(code => code === 'accepted')).toHaveLength(3)
    expect(codes.filter(code => code === 'too_many_replies')).toHaveLength(9)
    expect(await codeOf(runCommand(services, other, sending()))).toBe('accepted')
    const accepted = commands[codes.indexOf('accepted')]!
    const refused = commands[codes.indexOf('too_many_replies')]!
    // A re-send is answered as before; one that was refused is free to come again.
    expect(await codeOf(runCommand(services, user, accepted))).toBe('accepted')
    await runCommand(services, user, { type: 'reply.stop', id: newId(), conversationId: accepted.conversationId, messageId: accepted.replyId })
    expect(await codeOf(runCommand(services, user, refused))).toBe('accepted')
    const again = { type: 'reply.retry' as const, id: newId(), conversationId: accepted.conversationId, messageId: accepted.replyId }
    expect(await codeOf(runCommand(services, user, again))).toBe('too_many_replies')
  }, { USER_OPEN_REPLIES: '3' }))

  it('ends at so many tokens a day, deleted conversations counted; a stopped reply is not free', () => withServices(dialect, async ({ services }) => {
    const [user, other] = [await makeUser(services), await makeUser(services)]
    expect(await spend(services, user, { inputTokens: 300, outputTokens: 300 })).toBe('accepted')
    for (const { id } of await services.database.db.select().from(services.database.tables.conversation))
      await runCommand(services, user, { type: 'conversation.delete', id: newId(), conversationId: id })
    expect(await spend(services, user, { inputTokens: null, outputTokens: null, text: 'x'.repeat(2000), status: 'stopped' })).toBe('accepted')
    const refused = await runCommand(services, user, sending()).catch((error: { code: string, message: string }) => error)
    expect(refused).toMatchObject({ code: 'tokens_spent', message: 'You have used the 1,000 tokens a day that this server allows. It goes on in 24 hours.' })
    expect(await spend(services, other, { inputTokens: 1, outputTokens: 1 })).toBe('accepted')
  }, { USER_DAILY_TOKENS: '1000' }))

  it('is not asked anew by a guest who signs up', () => withServices(dialect, async ({ services }) => {
    const [guest, user] = [await makeUser(services), await makeUser(services)]
    await spend(services, guest, { inputTokens: 600, outputTokens: 600 })
    await linkGuest(services, { guestId: guest.id, userId: user.id })
    expect(await codeOf(runCommand(services, user, sending()))).toBe('tokens_spent')
  }, { USER_DAILY_TOKENS: '1000' }))

  it('is nothing any more for somebody who is gone', () => withServices(dialect, async ({ services }) => {
    const user = await makeUser(services)
    const command = sending()
    await runCommand(services, user, command)
    const { db, tables } = services.database
    await db.delete(tables.user)
    for (const late of [sending(), { type: 'conversation.delete' as const, id: newId(), conversationId: command.conversationId }])
      expect(await codeOf(runCommand(services, user, late))).toBe('not_signed_in')
  }))

  it('that a guest sends while becoming a user comes along, or is refused; it is never lost', () => withServices(dialect, async ({ services }) => {
    for (let round = 0; round < 5; round++) {
      const [guest, user] = [await makeUser(services), await makeUser(services)]
      const commands = Array.from({ length: 20 }, () => sending())
      const sent = commands.map(async (command, n) => {
        await new Promise(resolve => setTimeout(resolve, n))
        return codeOf(runCommand(services, guest, command))
      })
      await new Promise(resolve => setTimeout(resolve, 8))
      await linkGuest(services, { guestId: guest.id, userId: user.id })
      const codes = await Promise.all(sent)
      const { db, tables } = services.database
      const kept = new Map((await db.select().from(tables.conversation)).map(row => [row.id, row.userId]))
      for (const [n, command] of commands.entries())
        expect([codes[n], kept.get(command.conversationId)]).toEqual(codes[n] === 'accepted' ? ['accepted', user.id] : ['not_signed_in', undefined])
    }
  }))
})
