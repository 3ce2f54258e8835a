import { describe, expect, it } from 'vitest'
import { claimedKind, judge } from '../../../../server/domain/media-kinds.ts'
import { cleanName } from '../../../../server/domain/media-name.ts'
import * as samples from '../../../support/samples.ts'
import type { Sample } from '../../../support/samples.ts'

const judged = ({ bytes, name, mime }: Sample) => judge(bytes, name, mime)

describe('judging a file by its bytes', () => {
  it('knows every kind that is taken', async () => {
    for (const format of ['png', 'jpeg', 'webp', 'gif', 'avif', 'tiff'] as const)
      expect(await judged(await samples.picture(format))).toEqual({ type: 'image', mime: `image/${format}` })
    expect(await judged(samples.heic())).toEqual({ type: 'image', mime: 'image/heic' })
    expect(await judged(samples.bmp())).toEqual({ type: 'image', mime: 'image/bmp' })
    expect(await judged(samples.recording())).toEqual({ type: 'audio', mime: 'audio/wav' })
    expect(await judged(samples.video())).toEqual({ type: 'video', mime: 'video/mp4' })
    expect(await judged(samples.pdf())).toEqual({ type: 'file', mime: 'application/pdf' })
    for (const sample of [samples.docx(), samples.xlsx(), samples.pptx()]) expect(await judged(sample)).toEqual({ type: 'file', mime: sample.mime })
    expect(await judged(samples.text('a.csv', 'a,b\n1,2\n', 'text/csv'))).toEqual({ type: 'file', mime: 'text/csv' })
    expect(await judged(samples.text('main.rs', 'fn main() {}'))).toEqual({ type: 'file', mime: 'text/plain' })
    expect(await judged(samples.noise)).toEqual({ type: 'file', mime: 'application/octet-stream' })
  })

  it('takes HTML and SVG as plain text that nothing draws or runs', async () => {
    expect(await judged(samples.svg)).toEqual({ type: 'file', mime: 'text/plain' })
    expect(await judged(samples.html)).toEqual({ type: 'file', mime: 'text/plain' })
    expect(await judged({ ...samples.svg, mime: '' })).toEqual({ type: 'file', mime: 'text/plain' })
  })

  it('refuses programs, whatever they are called', async () => {
    expect(await judged(samples.program)).toBe('refused')
    expect(await judged({ ...samples.program, name: 'holiday.jpg', mime: 'image/jpeg' })).toBe('refused')
  })

  it('refuses what is not what its name or sender says', async () => {
    const png = await samples.picture()
    const wrong: Sample[] = [
      { ...png, name: 'paper.pdf', mime: '' },
      { ...png, name: 'page.html' },
      { ...png, mime: 'application/pdf', name: 'x' },
      { ...samples.pdf(), name: 'picture.png' },
      { ...samples.html, name: 'picture.png', mime: 'image/png' },
      { ...samples.svg, name: 'picture.png' },
      { ...samples.noise, name: 'song.mp3', mime: 'audio/mpeg' },
      { ...samples.video(), name: 'picture.png', mime: 'image/png' },
      { ...png, name: 'letter.docx', mime: '' },
    ]
    for (const sample of wrong) expect(await judged(sample), `${sample.name} ${sample.mime}`).toBe('mismatch')
  })

  it('takes the browser’s word on whether a container holds sound alone', async () => {
    expect(await judge(samples.video().bytes, 'voice.m4a', 'audio/mp4')).toEqual({ type: 'audio', mime: 'audio/mp4' })
    expect(await judge(samples.video().bytes, '', 'audio/mp4;codecs=mp4a.40.2')).toEqual({ type: 'audio', mime: 'audio/mp4' })
  })

  it('takes a head that ends in the middle of a letter for text', async () => {
    expect(await judge(Buffer.from('naïve ☕').subarray(0, -1), 'a.txt', '')).toEqual({ type: 'file', mime: 'text/plain' })
  })

  it('says before a byte has come what a file claims to be', () => {
    expect(claimedKind('a.png', 'image/png').type).toBe('image')
    expect(claimedKind('a.mp3', '').type).toBe('audio')
    expect(claimedKind('a.svg', 'text/plain').type).toBe('file')
  })
})

describe('names of files', () => {
  it('are only names', () => {
    expect(cleanName('../../etc/passwd')).toBe('passwd')
    expect(cleanName('C:\\Users\\me\\a.txt')).toBe('a.txt')
    expect(cleanName('.htaccess')).toBe('htaccess')
    expect(cleanName('a\u0000b\r\nc.txt')).toBe('abc.txt')
    expect(cleanName('/')).toBe('file')
  })
  it('cannot read backwards to hide their ending', () => expect(cleanName('photo\u202Egpj.exe')).toBe('photogpj.exe'))
  it('keep their ending when they are cut', () => {
    const cut = cleanName(`${'x'.repeat(400)}.docx`)
    expect([cut.length, cut.endsWith('.docx')]).toEqual([255, true])
  })
})
