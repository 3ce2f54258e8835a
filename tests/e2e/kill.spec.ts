import { startServer } from '../support/server.ts'
import { expect, test as base } from './fixtures.ts'

// A server of its own, since it is killed.
const test = base.extend<object, { server: Awaited<ReturnType<typeof startServer>> }>({
  server: [async ({}, use) => {
    const server = await startServer()
    await use(server)
    await server.close()
  }, { scope: 'worker' }],
})

test('kill -9 of the server in the middle of a reply: after the restart it is finished, once, without a click', async ({ guest, server }) => {
  await guest.send('tokens 120 at rate 30')
  await guest.untilWritten(40)
  server.signal('SIGKILL')
  const restarted = await server.again()
  try {
    await guest.untilReplied(45_000)
    await expect(guest.messages).toHaveCount(2)
    const whole = Array.from({ length: 120 }, (_, n) => `t${n}`).join(' ')
    expect(await guest.replyText()).toBe(whole)
    await guest.reload()
    await guest.untilReplied()
    expect(await guest.replyText()).toBe(whole)
  }
  finally { await restarted.close() }
})
