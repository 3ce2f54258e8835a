import { mountSuspended } from '@nuxt/test-utils/runtime'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nextTick } from 'vue'
import MessageComposer from '../../../components/conversation/MessageComposer.vue'
import type { ModelInfo } from '../../../shared/models'
import type { AttachmentView } from '../../../utils/attachment'

const accepts = { image: true, audio: true, video: true, pdf: true }
const gives = { tools: true, reasoning: true, image: true, speech: true }
const seeing: ModelInfo = { id: 'a:sees', label: 'Sees', provider: 'a', demo: false, draws: false, accepts, gives }
const blind: ModelInfo = { id: 'a:blind', label: 'Blind', provider: 'a', demo: false, draws: false, accepts: { ...accepts, image: false }, gives }
const picture = (change: Partial<AttachmentView> = {}): AttachmentView => ({
  id: 'm1', name: 'cat.png', mime: 'image/png', bytes: 1000, type: 'image', previewUrl: null, status: 'ready', progress: 100, bytesPerSecond: null, secondsLeft: null, problem: null, shared: false, ...change,
})
async function compose(props: Record<string, unknown> = {}) {
  const composer = await mountSuspended(MessageComposer, { props: { conversationId: 'c1', attachments: [], models: [seeing, blind], writing: false, model: 'a:sees', ...props } })
  const field = composer.get('textarea')
  return { composer, field, type: (text: string) => field.setValue(text), press: (key: string, more = {}) => field.trigger('keydown', { key, ...more }) }
}
const sent = (composer: Awaited<ReturnType<typeof compose>>['composer']) => composer.emitted('send')?.map(([message]) => message) ?? []

beforeEach(() => localStorage.clear())
let open: { unmount(): void }[] = []
afterEach(() => {
  for (const one of open) one.unmount()
  open = []
})
const kept = async (props?: Record<string, unknown>) => {
  const made = await compose(props)
  open.push(made.composer)
  return made
}

test('Enter sends what was written and empties the field', async () => {
  const { composer, field, type, press } = await kept()
  await type('  hello ')
  await press('Enter')
  expect(sent(composer)).toEqual([{ content: 'hello', mediaIds: [], model: 'a:sees' }])
  expect(field.element.value).toBe('')
})

test('Enter sends what stands in the field, though it was typed before the composer was awake', async () => {
  const { composer, field, press } = await kept()
  field.element.value = 'early'
  await press('Enter')
  expect(sent(composer)).toMatchObject([{ content: 'early' }])
  expect(field.element.value).toBe('')
})

test('Shift+Enter does not send', async () => {
  const { composer, type, press } = await kept()
  await type('hello')
  await press('Enter', { shiftKey: true })
  expect(sent(composer)).toEqual([])
})

test('the Enter of an input method never sends, in either of the ways browsers tell it', async () => {
  const { composer, type, press } = await kept()
  await type('にほん')
  await press('Enter', { isComposing: true })
  await press('Enter', { keyCode: 229 })
  expect(sent(composer)).toEqual([])
})

test('nothing but blanks is not sent', async () => {
  const { composer, type, press } = await kept()
  await type(' \n ')
  await press('Enter')
  expect(sent(composer)).toEqual([])
})

test('arrow-up edits the last message in an empty field only', async () => {
  const { composer, type, press } = await kept()
  await press('ArrowUp')
  expect(composer.emitted('editLast')).toHaveLength(1)
  await type('text')
  await press('ArrowUp')
  expect(composer.emitted('editLast')).toHaveLength(1)
})

test('the button stops while a reply is written and nothing stands in the field, and sends otherwise', async () => {
  const { composer, type } = await kept({ writing: true })
  await composer.get('button[aria-label="Stop the reply"]').trigger('click')
  expect(composer.emitted('stop')).toHaveLength(1)
  await type('more')
  expect(composer.find('button[aria-label="Stop the reply"]').exists()).toBe(false)
  expect(composer.find('button[aria-label="Send"]').exists()).toBe(true)
})

test('a draft comes back after the page was left, each conversation its own', async () => {
  const first = await kept()
  await first.type('half a thought')
  first.composer.unmount()
  open = []
  expect((await kept()).field.element.value).toBe('half a thought')
  expect((await kept({ conversationId: 'c2' })).field.element.value).toBe('')
})

test('a sent message leaves no draft', async () => {
  const first = await kept()
  await first.type('hello')
  await first.press('Enter')
  expect((await kept()).field.element.value).toBe('')
})

test('a message whose files are on their way goes out by itself when they have arrived', async () => {
  const { composer, type, press } = await kept({ attachments: [picture({ status: 'uploading', progress: 40 })] })
  await type('look')
  await press('Enter')
  expect(sent(composer)).toEqual([])
  expect(composer.text()).toContain('as soon as the files have arrived')
  await composer.setProps({ attachments: [picture({ status: 'processing' })] })
  await nextTick()
  expect(sent(composer)).toEqual([{ content: 'look', mediaIds: ['m1'], model: 'a:sees' }])
})

test('a refused file keeps the message here until it is removed', async () => {
  const { composer, type, press } = await kept({ attachments: [picture({ status: 'refused', problem: 'Too large.' })] })
  await type('look')
  await press('Enter')
  expect(sent(composer)).toEqual([])
  expect(composer.text()).toContain('Too large.')
})

test('a picture for a model that cannot see is refused with a sentence', async () => {
  const { composer, press } = await kept({ attachments: [picture()], model: 'a:blind' })
  await press('Enter')
  expect(sent(composer)).toEqual([])
  expect(composer.text()).toContain('Blind cannot see pictures')
})

test('sound for a model that cannot hear says how it will be given', async () => {
  const deaf = { ...seeing, accepts: { ...accepts, audio: false } }
  const { composer } = await kept({ models: [deaf], attachments: [picture({ type: 'audio', mime: 'audio/mpeg', name: 'talk.mp3' })] })
  expect(composer.text()).toContain('Sees gets sound as its transcript.')
})

const clipboard = (text: string, files: File[] = []) => ({ clipboardData: { files, getData: () => text } })

test('a pasted picture is attached', async () => {
  const { composer, field } = await kept()
  const file = new File(['x'], 'shot.png', { type: 'image/png' })
  await field.trigger('paste', clipboard('', [file]))
  expect(composer.emitted('addFiles')).toEqual([[[file]]])
})

test('text that comes with a picture of itself is pasted as text', async () => {
  const { composer, field } = await kept()
  await field.trigger('paste', clipboard('a\tb', [new File(['x'], 'cells.png', { type: 'image/png' })]))
  expect(composer.emitted('addFiles')).toBeUndefined()
})

test('a very long paste may become a file, and what was around it stays', async () => {
  const { composer, field, type } = await kept()
  const long = 'x'.repeat(4_001)
  await field.trigger('paste', clipboard(long))
  await type(`before ${long} after`)
  await composer.findAll('button').find(button => button.text().includes('Attach it as a file'))?.trigger('click')
  expect(field.element.value).toBe('before  after')
  const file = (composer.emitted('addFiles')?.[0] as [File[]])[0][0]
  expect(await file?.text()).toBe(long)
})
