/** Real files, whole and hostile, through the process that opens them. */
import { mkdtemp, readdir, readFile, rm, writeFile, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp, { type Region } from 'sharp'
import { describe, expect, it } from 'vitest'
import { judge } from '../../server/domain/media-kinds.ts'
import { runTask } from '../../server/media-processing/run.ts'
import type { Made } from '../../server/media-processing/task.ts'
import { bundleMediaChild } from '../../scripts/bundle-media-child.mjs'
import { processorSeconds } from '../../bench/processes.ts'
import { startProcess } from '../support/processes.ts'
import { until } from '../support/until.ts'
import * as samples from '../support/samples.ts'
import type { Sample } from '../support/samples.ts'
import { films, rewritten, sounds } from '../support/sounding.ts'

interface Options { bounds?: { ms: number, bytes: number, quietMs?: number }, signal?: AbortSignal, wantsSound?: boolean, program?: string }

async function processed<T = void>(sample: Sample, look: (made: Made, folder: string) => T | Promise<T>, options: Options = {}): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'parley-process-'))
  try {
    const folder = join(root, 'made')
    const path = join(root, 'file')
    await mkdir(folder)
    await writeFile(path, sample.bytes)
    const kind = await judge(sample.bytes, sample.name, sample.mime)
    if (typeof kind === 'string') throw new Error(`judged as ${kind}`)
    const made = await runTask({ path, folder, ...kind, name: sample.name, wantsSound: options.wantsSound ?? false }, { signal: options.signal ?? new AbortController().signal, say: () => {}, ...(options.bounds ? { bounds: options.bounds } : {}), ...(options.program ? { program: options.program } : {}) })
    return await look(made, folder)
  }
  finally {
    await rm(root, { recursive: true })
  }
}
/** Processes that have this folder among their arguments. */
async function processesNaming(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, at) => lines[at]?.includes(folder)).map(Number)
}
/** `stats` looks at a file as it is, whatever was asked of it before: so the part becomes a file first. */
const partOf = async (path: string, part: Region) => sharp(await sharp(path).extract(part).png().toBuffer()).stats()
const madeOf = (sample: Sample) => processed(sample, made => made)
const refusal = (code: string) => ({ trouble: { code } })

describe('pictures', () => {
  it('get a size, a thumbnail and a placeholder', async () => {
    for (const format of ['png', 'jpeg', 'webp', 'gif', 'avif'] as const) {
      const made = await madeOf(await samples.picture(format))
      expect(made, format).toMatchObject({ facts: { width: 80, height: 60, placeholder: expect.stringMatching(/^[\w+/]+=*$/) }, forms: { thumbnail: 'thumbnail.webp' }, notice: null })
      expect(made.forms.clean, format).toBeUndefined()
    }
  })

  it('lose where and by what they were taken, and stand upright', () => samples.photo().then(sample => processed(sample, async ({ facts, forms }, folder) => {
    expect(facts).toMatchObject({ width: 60, height: 80 })
    const clean = await sharp(join(folder, forms.clean!)).metadata()
    expect([clean.width, clean.height, clean.exif, clean.orientation]).toEqual([60, 80, undefined, undefined])
    const thumbnail = await sharp(join(folder, forms.thumbnail!)).metadata()
    expect([thumbnail.width, thumbnail.height, thumbnail.exif]).toEqual([60, 80, undefined])
  })))

  it('that browsers do not show become what they do', async () => {
    expect((await madeOf(await samples.picture('tiff'))).forms.clean).toBe('clean.webp')
  })

  it('of kinds that no browser is sure to show (HEIC, BMP) become JPEG or PNG, without where they were taken', async () => {
    const look = async ({ facts, forms, notice }: Made, folder: string) => {
      const clean = await sharp(join(folder, forms.clean!)).metadata()
      const { channels: [red, green, blue] } = await partOf(join(folder, forms.thumbnail!), { left: 0, top: 50, width: 80, height: 10 })
      return { facts, notice, clean: [clean.format, clean.width, clean.height, clean.exif], colour: [red, green, blue].map(channel => Math.round(channel!.mean / 50)) }
    }
    const facts = { width: 80, height: 60, placeholder: expect.any(String) }
    expect(await processed(samples.heic(), look)).toEqual({ facts, notice: null, clean: ['jpeg', 80, 60, undefined], colour: [5, 3, 0] })
    expect(await processed(samples.bmp(), look)).toEqual({ facts, notice: null, clean: ['png', 80, 60, undefined], colour: [4, 2, 0] })
  })

  it('that claim thousands of millions of pixels are refused whatever reads them', async () => {
    for (const bomb of [samples.heicBomb(), samples.bmp(8, 8, { width: 60_000, height: 60_000 }), samples.bmp(8, 8, { width: 60_000, height: -60_000 })])
      await expect(madeOf(bomb), bomb.name).rejects.toMatchObject(refusal('media_too_big_to_open'))
    for (const whole of [samples.heic(), samples.bmp()])
      await expect(madeOf({ ...whole, bytes: whole.bytes.subarray(0, 60) }), whole.name).rejects.toMatchObject(refusal('media_broken'))
  })

  it('that would unpack to thousands of millions of pixels are refused', async () => {
    await expect(madeOf(await samples.pixelBomb())).rejects.toMatchObject(refusal('media_too_big_to_open'))
  })

  it('that are damaged or cut off are said to be', async () => {
    const { bytes, ...rest } = await samples.picture('png', 400, 400)
    await expect(madeOf({ ...rest, bytes: bytes.subarray(0, bytes.length - 200) })).rejects.toMatchObject(refusal('media_broken'))
    await expect(madeOf({ ...rest, bytes: Buffer.concat([bytes.subarray(0, 40), Buffer.alloc(300, 7)]) })).rejects.toMatchObject(refusal('media_broken'))
  })
})

describe('sound', () => {
  it('gets a duration and a waveform that follows it', async () => {
    const { facts } = await madeOf(samples.recording(2))
    expect(facts.durationMs).toBe(2000)
    expect(facts.waveform).toHaveLength(40)
    expect(facts.waveform!.at(-1)).toBeGreaterThan(0.8)
    expect(facts.waveform![0]).toBeLessThan(0.1)
  })

  it('of every kind that is taken has a waveform, and a form every browser plays', async () => {
    for (const [ending, kind] of Object.entries(sounds)) {
      const sample = await rewritten(samples.recording(2), `tone.${ending}`, kind)
      const { facts, forms, notice } = await madeOf(sample)
      expect(facts.durationMs, ending).toBeGreaterThan(1800)
      expect(facts.durationMs, ending).toBeLessThan(2300)
      expect([notice, facts.waveform!.length > 30, forms.playable], ending).toEqual([null, true, ['aac', 'ogg', 'weba'].includes(ending) ? 'playable.m4a' : undefined])
    }
  }, 60_000)

  it('that is longer than is ever decoded is kept with its length alone', async () => {
    // Five hours at eight samples a second.
    expect(await madeOf(samples.recording(5 * 3600, 8))).toEqual({ facts: { durationMs: 5 * 3_600_000 }, forms: {}, notice: { code: 'media_too_big_to_open', details: { name: 'recording.wav', limit: '4 hours' } } })
  })

  it('that claims to last for months is not believed', async () => {
    expect(await madeOf(samples.monthsOfSound())).toMatchObject({ facts: {}, notice: { code: 'media_too_big_to_open' } })
  })

  it('that is cut off or damaged is said to be, or taken as far as it goes', async () => {
    const { bytes, ...rest } = samples.recording(2)
    expect((await madeOf({ ...rest, bytes: bytes.subarray(0, 20_000) })).facts.durationMs).toBeLessThan(2000)
    await expect(madeOf({ ...rest, bytes: bytes.subarray(0, 30) })).rejects.toMatchObject(refusal('media_broken'))
  })
})

describe('video', () => {
  it('gets a size, a duration, a poster, key frames and its sound', () => processed(samples.video(), async ({ facts, forms, notice }, folder) => {
    expect(facts).toMatchObject({ width: expect.any(Number), height: expect.any(Number), durationMs: expect.any(Number), placeholder: expect.any(String) })
    expect(facts.durationMs).toBeGreaterThan(2500)
    expect([forms.poster, forms.thumbnail, forms.sound, notice]).toEqual(['poster.webp', 'thumbnail.webp', 'sound.mp3', null])
    expect(forms.frames!.length).toBeGreaterThanOrEqual(2)
    expect(await readdir(folder)).toEqual(expect.arrayContaining([...forms.frames!, 'poster.webp', 'sound.mp3']))
    expect((await sharp(join(folder, 'poster.webp')).metadata()).width).toBe(facts.width)
  }, { wantsSound: true }), 60_000)

  it('that no browser is sure to play is written anew', async () => {
    const { bytes, ...rest } = samples.video()
    // The same film in a container of its own kind: QuickTime.
    const mov = Buffer.from(bytes)
    mov.write('qt  ', 8)
    expect((await madeOf({ ...rest, name: 'film.mov', mime: 'video/quicktime', bytes: mov })).forms.playable).toBe('playable.mp4')
  }, 60_000)

  it('of every kind that is taken has a poster, and a form every browser plays', async () => {
    for (const [ending, kind] of Object.entries(films)) {
      const { facts, forms, notice } = await madeOf(await rewritten(samples.video(), `film.${ending}`, kind))
      expect([notice, facts.durationMs! > 2500, forms.poster, forms.playable], ending).toEqual([null, true, 'poster.webp', ending === 'webm' ? undefined : 'playable.mp4'])
    }
  }, 90_000)

  it('that is cut off is said to be damaged', async () => {
    const { bytes, ...rest } = samples.video()
    await expect(madeOf({ ...rest, bytes: bytes.subarray(0, 900) })).rejects.toMatchObject(refusal('media_broken'))
  })
})

describe('documents', () => {
  it('give their text and pages', async () => {
    expect((await madeOf(samples.pdf())).facts).toMatchObject({ pages: 2, extractedText: expect.stringContaining('And page two') })
    expect((await madeOf(samples.docx())).facts).toEqual({ pages: 3, extractedText: 'Dear <reader> & friends\nSecond\t line\n\n' })
    expect((await madeOf(samples.xlsx())).facts.extractedText).toBe('Name\tTotal\nAda\t42\n')
    expect((await madeOf(samples.pptx())).facts).toMatchObject({ pages: 3, extractedText: expect.stringMatching(/Slide 1\n[\s\S]*Slide 2\n[\s\S]*Slide 10/) })
    expect((await madeOf(samples.text('a.csv', 'a,b\n1,2\n'))).facts.extractedText).toBe('a,b\n1,2\n')
    expect((await madeOf(samples.svg)).facts.extractedText).toContain('<script>')
  })

  it('of Office keep what they are made of: headings, lists, tables, sheets and their names, dates', async () => {
    const textOf = async (sample: Sample) => (await madeOf(sample)).facts.extractedText
    expect(await textOf(samples.report())).toBe('# The lighthouse\nIt was built late.\n## What it needs\n- Oil\n  - Good oil\nYear\tCost (pounds)\n1851\t\nOnce\n\n')
    const [totals, raw] = (await textOf(samples.book()))!.split('\n\n')
    expect(totals).toBe('# Totals & more\n2024-02-29\t12:00:00\t7\tTRUE\t#DIV/0!\tjoined')
    // A cell in the last of sixteen thousand columns makes no sixteen thousand.
    expect(raw).toBe(`# Raw\na\t\t\t1\n${'\t'.repeat(200)}9\n`)
    expect(await textOf(samples.slides())).toBe('# Lighthouses\nand ships\n')
  })

  it('give a picture of the first page of a PDF', () => processed(samples.pdf(), async ({ facts, forms, notice }, folder) => {
    expect([forms, facts.placeholder, notice]).toEqual([{ poster: 'poster.webp', thumbnail: 'thumbnail.webp' }, expect.any(String), null])
    const { width, height } = await sharp(join(folder, forms.poster!)).metadata()
    expect([width, height]).toEqual([989, 1280])
    // Dark letters on a white page, where the sample has them.
    const { channels: [grey] } = await partOf(join(folder, forms.poster!), { left: 70, top: 100, width: 400, height: 60 })
    expect([grey!.max > 250, grey!.min < 60]).toEqual([true, true])
  }))

  it('whose first page draws for ever, or unpacks to a gigabyte, are kept with what was read of them until then', async () => {
    const bounds = { ms: 8_000, bytes: 1.5 * 1024 ** 3 }
    for (const bomb of [samples.pdfThatNeverEnds(), await samples.pdfBomb()]) {
      const before = process.memoryUsage.rss()
      const made = await processed(bomb, made => made, { bounds })
      expect(made.facts.pages, bomb.name).toBe(1)
      expect(made.forms, bomb.name).toEqual({})
      expect(made.notice?.code, bomb.name).toMatch(/^media_(took_too_long|too_big_to_open|broken|not_drawn)$/)
      expect(process.memoryUsage.rss() - before, bomb.name).toBeLessThan(200 * 1024 ** 2)
    }
  }, 60_000)

  it('that unpack to far more than they are, are kept unread', async () => {
    expect(await madeOf(samples.zipBomb())).toMatchObject({ facts: {}, notice: { code: 'media_too_big_to_open' } })
  })

  it('of which each cell names the same long text, are read as far as text is kept', async () => {
    const { facts, notice } = await madeOf(samples.wideBomb())
    expect([facts.extractedText!.length, notice]).toEqual([400_000, null])
  })

  it('that lie about how much they unpack to get no more room than they claimed', async () => {
    expect((await madeOf(samples.lyingZipBomb())).facts.extractedText?.length ?? 0).toBeLessThanOrEqual(1000)
  })

  it('that define entities have them left alone', async () => {
    expect((await madeOf(samples.billionLaughs())).facts.extractedText).toContain('&lol9;')
  })

  it('that are damaged are kept, with a word about it', async () => {
    const { bytes, ...rest } = samples.pdf()
    expect((await madeOf({ ...rest, bytes: bytes.subarray(0, 60) })).notice).toMatchObject({ code: 'media_broken' })
    const letter = samples.docx()
    expect((await madeOf({ ...letter, bytes: Buffer.concat([letter.bytes.subarray(0, letter.bytes.length - 40), Buffer.alloc(40)]) })).notice).toMatchObject({ code: 'media_broken' })
  })
})

describe('the process that opens files', () => {
  it('is ended when it takes too long', async () => {
    await expect(processed(await samples.picture(), () => {}, { bounds: { ms: 1, bytes: Infinity } })).rejects.toMatchObject(refusal('media_took_too_long'))
  })
  it('is ended when it has told nothing for long, as one that runs in circles', async () => {
    const began = Date.now()
    await expect(processed(samples.endlessFlac(), () => {}, { bounds: { ms: 60_000, bytes: Infinity, quietMs: 8_000 } })).rejects.toMatchObject(refusal('media_took_too_long'))
    expect(Date.now() - began).toBeLessThan(40_000)
  })
  it('is ended when it takes too much memory', async () => {
    await expect(processed(await samples.picture('png', 5000, 5000), () => {}, { bounds: { ms: 60_000, bytes: 1 } })).rejects.toMatchObject(refusal('media_too_big_to_open'))
  })
  it('ends with the server that started it, though it runs in circles and the server had no time for a word', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-orphan-'))
    try {
      await writeFile(join(folder, 'file'), samples.endlessFlac().bytes)
      const server = startProcess(process.execPath, ['--input-type=module', '-e', `
        import { runTask } from ${JSON.stringify(join(import.meta.dirname, '../../server/media-processing/run.ts'))}
        const task = ${JSON.stringify({ path: join(folder, 'file'), folder, type: 'audio', mime: 'audio/flac', name: 'endless.flac', wantsSound: false })}
        await runTask(task, { signal: new AbortController().signal, say: () => {} })`], { PATH: process.env.PATH })
      const opener = await until(async () => (await processesNaming(folder)).find(pid => pid !== server.pid), { what: 'the file to be opened', withinMs: 20_000 })
      // Busy by now: it no longer hears that nobody waits.
      await until(() => processorSeconds([opener]) > 1.5, { what: 'it to run in circles', withinMs: 30_000 })
      await server.close(0)
      await until(async () => (await processesNaming(folder)).length === 0, { what: 'it to end', withinMs: 20_000 })
    }
    finally {
      await rm(folder, { recursive: true })
    }
  })
  it('is ended with the job that asked', async () => {
    const stop = new AbortController()
    const running = processed(samples.video(), () => {}, { signal: stop.signal })
    setImmediate(() => stop.abort(new Error('shutting down')))
    await expect(running).rejects.toThrow('shutting down')
  })
})

describe('without the engines that are optional', () => {
  /** The program as the build makes it, in a folder that has only what is not optional beside it. */
  async function withoutEngines<T>(use: (open: (sample: Sample, wantsSound?: boolean) => Promise<Made>) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-bare-'))
    try {
      await bundleMediaChild(folder, { engine: false })
      return await use((sample, wantsSound = false) => processed(sample, made => made, { program: join(folder, 'media-child.mjs'), wantsSound }))
    }
    finally {
      await rm(folder, { recursive: true })
    }
  }

  it('files are read as far as they can be, and what is missing is said', () => withoutEngines(async (open) => {
    expect(await open(await samples.picture())).toMatchObject({ forms: { thumbnail: 'thumbnail.webp' }, notice: null })
    expect(await open(samples.pdf())).toMatchObject({ facts: { pages: 2 }, forms: {}, notice: { code: 'media_engine_missing' } })
    expect(await open(samples.heic())).toEqual({ facts: {}, forms: {}, notice: { code: 'media_not_shown', details: {} } })
    expect(await open(samples.bmp())).toMatchObject({ forms: {}, notice: { code: 'media_not_shown' } })
    expect(await open(samples.video(), true)).toMatchObject({ facts: { width: expect.any(Number), durationMs: expect.any(Number) }, forms: {}, notice: { code: 'media_engine_missing' } })
    expect(await open(samples.recording())).toMatchObject({ facts: { waveform: expect.any(Array) }, notice: null })
    expect(await open(await rewritten(samples.recording(), 'tone.ogg', sounds.ogg!), true)).toMatchObject({ facts: { durationMs: expect.any(Number) }, notice: { code: 'media_engine_missing' } })
  }), 90_000)
})
