/** What the demo model says to what it was asked. Pure: the same question, the same script. */
import { crashAnswer, helpAnswer, longAnswer, showcase } from './answers.ts'
import type { Asked, AskedFile } from './asked.ts'
import type { Script } from './play.ts'

export interface Refusal { status: number, message: string, retryAfterSeconds?: number, times?: number }

export type Written = Script | { refusal: Refusal, then: Script }

/** Faster than reading, slow enough to be seen writing. */
const usualRate = 70
const usual = (text: string): Script => ({ firstAfterMs: 200, tokensPerSecond: usualRate, text })

export const demoNote = '*I am the demo model built into Parley. To talk to a real one, set `OPENAI_API_KEY` (or `OPENAI_BASE_URL`) and restart, or just start Ollama: it is found by itself.*'

const quote = (text: string, letters = 280) =>
  `> ${(text.length > letters ? `${text.slice(0, letters).trimEnd()}…` : text).replace(/\n/g, '\n> ')}`

const count = (n: number, one: string, many = `${one}s`) => `${n.toLocaleString('en')} ${n === 1 ? one : many}`

function aboutFile(file: AskedFile): string {
  const arrived = file.bytes === null ? 'It came to me in words only.' : `${count(file.bytes, 'byte')} of it reached me.`
  const start = file.words?.trim().replace(/\s+/g, ' ') ?? ''
  // Within quotation marks what stands first in it is no heading of ours.
  const words = start ? ` Its text begins:\n  > “${start.slice(0, 200)}${start.length > 200 ? '…' : ''}”\n` : ''
  return `- **${file.name}**: ${file.facts}. ${arrived}${words}`
}

function aboutFiles(asked: Asked): string {
  if (!asked.files.length) return ''
  return `You sent ${count(asked.files.length, 'file')}:\n\n${asked.files.map(aboutFile).join('\n')}\n\n`
}

function echo(asked: Asked): Script {
  const words = asked.text.split(/\s+/).filter(Boolean).length
  const said = asked.text ? `You wrote ${count(words, 'word')} (${count([...asked.text].length, 'letter')}):\n\n${quote(asked.text)}\n\n` : ''
  const turns = asked.turn > 1 && asked.first ? `This is message ${asked.turn} of our conversation; it began with “${asked.first.slice(0, 60).replace(/\s+/g, ' ')}${asked.first.length > 60 ? '…' : ''}”. ` : ''
  const told = asked.instructions ? `I was also given instructions of ${count(asked.instructions.length, 'letter')}. ` : ''
  return usual(`${aboutFiles(asked)}${said}${turns}${told}A real model would answer now. I can show the roads an answer may take: say **help** to see which.\n\n${demoNote}`)
}

const failure = (output: unknown) => {
  const error = typeof output === 'object' && output !== null && 'error' in output ? (output as { error: unknown }).error : null
  return error === null ? null : `That did not work: ${String(error)}`
}

const noTool = (tool: string) => usual(`I would use the tool \`${tool}\` for this, but it is not on offer here.\n\n${demoNote}`)

/** A script of several calls: each entry but the last ends in a tool; the next is played when its result is there. */
function inSteps(asked: Asked, steps: ((last: unknown) => Script)[]): Script {
  const at = Math.min(asked.results.length, steps.length - 1)
  const last = asked.results.at(-1)?.at(-1)?.output
  const problem = failure(last)
  if (problem) return usual(`${problem}\n\n${demoNote}`)
  const script = steps[at]?.(last) ?? echo(asked)
  return script.call && !asked.tools.includes(script.call.tool) ? noTool(script.call.tool) : script
}

const drawing = (asked: Asked) => inSteps(asked, [
  () => ({ ...usual('Let me draw that.\n\n'), call: { tool: 'make_image', input: { prompt: asked.text.slice(0, 1000) } } }),
  () => usual(`There it is. I am no painter: a small program picked what it knows out of your words (sea, mountains, a lighthouse, a city, the hour of the day…) and drew it. The same words give the same picture, and it is stored with this conversation like any file of yours.\n\n${demoNote}`),
])

const editing = (asked: Asked) => inSteps(asked, [
  () => ({ ...usual('Let me change it.\n\n'), call: { tool: 'edit_image', input: { prompt: asked.text.slice(0, 1000), ...(asked.files[0] ? { picture: asked.files[0].name } : {}) } } }),
  () => usual(`There it is, beside the original, which stays as it was. I know a dozen words (grey, sepia, blur, mirror, dark, bright, vivid…) and turn the colours round when I understand none; the frame says that a demo did it. A real image model takes my place with \`OPENAI_IMAGE_MODEL\`.\n\n${demoNote}`),
])

const haiku = 'Tide erases sand;\nevery word I sent to you\nwaits, safe, on the shore.'

const haikuSteps = (asked: Asked) => inSteps(asked, [
  () => ({ ...usual(`${haiku.split('\n').map(line => `*${line}*`).join('  \n')}\n\nNow let me read it.\n\n`), call: { tool: 'make_sound', input: { text: haiku.replace(/\n/g, ' ') } } }),
  () => usual(`That was seventeen syllables, each sung by a little vowel machine rather than spoken by a voice. The sound is stored with the conversation; you can play it here or download it.\n\n${demoNote}`),
])

const sounding = (asked: Asked) => inSteps(asked, [
  () => ({ ...usual('Let me make that heard.\n\n'), call: { tool: 'make_sound', input: { text: asked.text.slice(0, 300) || 'Hello' } } }),
  () => usual(`Made by a vowel machine of a hundred lines, not by a voice; a real speech model takes its place with \`OPENAI_SPEECH_MODEL\`.\n\n${demoNote}`),
])

const timing = (asked: Asked) => inSteps(asked, [
  () => ({ ...usual('Let me look at the clock.\n\n'), call: { tool: 'what_time', input: {} } }),
  last => usual(`The server’s clock says:\n\n\`\`\`json\n${JSON.stringify(last, null, 2)}\n\`\`\`\n\nI asked it through a tool, as any model here may.`),
])

const reasoning = (asked: Asked): Script => ({
  ...usual(`I thought about it first; open the box above to see how. In the end:\n\n${quote(asked.text)}\n\n…is what you asked, and a real model would have reasoned towards its answer the same way.\n\n${demoNote}`),
  reasoning: `The user wrote ${count(asked.text.length, 'letter')}. First I look at what is asked. Then I consider what I know: next to nothing, for I am a demo.\n\nStill, thinking has a shape: a claim, a doubt, a check. The claim is that I can answer. The doubt is that I can't. The check is simple: I have no weights. So I should say so plainly, and show that thoughts come before the answer and are kept apart from it.`,
})

const showcaseSteps = (asked: Asked) => inSteps(asked, [
  () => ({ ...usual(showcase.opening), reasoning: showcase.thought, call: { tool: 'make_image', input: { prompt: 'a lighthouse by the sea at dusk, with a boat' } } }),
  () => ({ ...usual(showcase.middle), call: { tool: 'make_sound', input: { text: 'Hello from Parley' } } }),
  () => usual(`${showcase.end}\n\n${demoNote}`),
])

const slow = (): Script => ({
  firstAfterMs: 2000, tokensPerSecond: 2,
  text: 'This answer takes its time: two words a second, for about half a minute. Close the tab, come back, open it on your phone: it goes on being written, for it belongs to a job on the server and not to a page. Or press stop, and what was written stays. Nearly there now. That was all.',
})

const tokens = (asked: Asked): Script => {
  const wanted = Number(/\btokens\s+(\d+)/i.exec(asked.text)?.[1] ?? 0)
  return { firstAfterMs: 50, tokensPerSecond: 50, text: '', tokens: { count: Math.min(wanted, 100_000), at: index => index === 0 ? 't0' : ` t${index}` } }
}

const busy = { status: 429, message: 'The demo was asked to be busy.', retryAfterSeconds: 3, times: 2 }

/** Roads that are unpleasant: only a short message that is no question takes them, so that nobody lands there by chance. */
const roads: [RegExp, (asked: Asked) => Written][] = [
  [/\bfail\b/i, asked => ({ refusal: { status: 400, message: 'the demo was asked to fail.' }, then: echo(asked) })],
  [/\bbusy\b|\brate limit/i, asked => ({ refusal: busy, then: usual(`Twice I said that I was busy, then it worked. The page told you each time why, and when the next try was due.\n\n${quote(asked.text)}\n\n${demoNote}`) })],
  [/\bcut\b/i, () => ({ ...usual('This answer will break off in the middle of a sentence, as if the line to the provider had been lost just when it was about to'), cutAt: 0.6 })],
  [/\bnever\b/i, () => ({ ...usual(''), firstAfterMs: null })],
  [/\bslow(ly)?\b/i, slow],
  [/\blong\b/i, () => ({ ...usual(longAnswer()), tokensPerSecond: 200 })],
]

const wishes: [RegExp, (asked: Asked) => Script][] = [
  [/\btokens\s+\d+/i, tokens],
  [/show me what you can do/i, showcaseSteps],
  [/survives? a crash/i, () => usual(`${crashAnswer}\n\n${demoNote}`)],
  [/\bhaiku\b/i, haikuSteps],
  [/^\W*help\b|what can you do/i, () => usual(`${helpAnswer}\n\n${demoNote}`)],
  [/^\W*edit\b|\b(edit|change|retouch) (this|that|the|my|your) (picture|image|photo|drawing)/i, editing],
  [/\b(draw|paint|picture of|image of|make an image)\b/i, drawing],
  [/\b(sound|sing|aloud|speak|hum)\b/i, sounding],
  [/\bwhat time|the time\b|\bwhat_time\b/i, timing],
  [/\breason|\bthink (hard|about|first|step)/i, reasoning],
]

const isShortOrder = (text: string) => !text.includes('?') && text.split(/\s+/).length <= 6

/** `at rate 500` in any message sets the speed, in tokens a second; 0 is as fast as it goes. */
function atRate<S extends Script>(script: S, text: string): S {
  const rate = /\brate\s+(\d+)/i.exec(text)?.[1]
  return rate === undefined ? script : { ...script, tokensPerSecond: Number(rate), firstAfterMs: script.firstAfterMs === null ? null : Math.min(script.firstAfterMs, 50) }
}

export function writeScript(asked: Asked): Written {
  const write = (isShortOrder(asked.text) && !/\btokens\s+\d+/i.test(asked.text) ? roads.find(([words]) => words.test(asked.text)) : undefined)
    ?? wishes.find(([words]) => words.test(asked.text))
  const written = write?.[1](asked) ?? echo(asked)
  return 'refusal' in written ? { ...written, then: atRate(written.then, asked.text) } : atRate(written, asked.text)
}
