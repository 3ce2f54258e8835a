import { describe, expect, it } from 'vitest'
import { disposition } from '../../../../server/media/disposition.ts'
import { fileLink, openFileLink, type FileClaim } from '../../../../server/media/file-links.ts'
import { lifetime } from '../../../../server/media/lifetime.ts'
import { parseRange } from '../../../../server/media/range.ts'
import { bytesInWords } from '../../../../shared/bytes.ts'

describe('ranges', () => {
  it.each([
    ['bytes=0-4', { start: 0, end: 4 }], ['bytes=5-', { start: 5, end: 9 }], ['bytes=-3', { start: 7, end: 9 }], ['bytes=0-99', { start: 0, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }], ['bytes=10-', 'unsatisfiable'], ['bytes=-0', 'unsatisfiable'],
    ['bytes=4-2', null], ['bytes=0-1,3-4', null], ['lines=1-2', null], ['bytes=-', null], ['bytes=a-b', null], [undefined, null],
  ])('%s of ten bytes', (header, wanted) => expect(parseRange(header, 10)).toEqual(wanted))
})

describe('the life of an address', () => {
  it('always has half of itself left, and stays the same for as long', () => {
    for (const seconds of [5, 60, 3600]) {
      for (let now = 1_000_000_000_000; now < 1_000_000_100_000; now += 777) {
        const { expires } = lifetime(seconds, now)
        expect(expires * 1000 - now).toBeGreaterThanOrEqual(seconds * 500)
        expect(expires * 1000 - now).toBeLessThanOrEqual(seconds * 1000)
      }
    }
    expect(lifetime(60, 1_000_000_005_000)).toEqual(lifetime(60, 1_000_000_019_000))
  })
})

describe('links to files', () => {
  const claim: FileClaim = { purpose: 'get', key: 'u/m/original', expires: 2_000, mime: 'image/png', name: 'a & b?.png', inline: true }
  const open = (link: string, nowMs = 1_000_000, secret = 'secret') => {
    const url = new URL(link, 'http://x')
    return openFileLink(secret, ['get'], decodeURIComponent(url.pathname.slice('/files/'.length)), url.searchParams, nowMs)
  }
  it('open to what was signed', () => expect(open(fileLink('secret', claim))).toEqual(claim))
  it('are refused when over, changed in any letter, made with another secret or for another purpose', () => {
    const link = fileLink('secret', claim)
    expect(() => open(link, 2_000_000)).toThrow(/expired/)
    expect(() => open(link, 1_000_000, 'other')).toThrow(/expired/)
    expect(() => open(fileLink('secret', { purpose: 'put', key: claim.key, expires: 2_000, bytes: 1 }))).toThrow(/expired/)
    for (let at = '/files/'.length; at < link.length; at++) {
      const letter = link[at] as string
      if (letter === '%' || letter === '+') continue
      const changed = link.slice(0, at) + (letter === 'x' ? 'y' : 'x') + link.slice(at + 1)
      expect(() => open(changed), changed).toThrow()
    }
  })
})

it('names files for browsers old and new, and cannot be led into another header', () => {
  expect(disposition(false, 'a"b\r\nset-cookie: x.txt')).toBe('attachment; filename="a_b__set-cookie: x.txt"; filename*=UTF-8\'\'a%22b%0D%0Aset-cookie%3A%20x.txt')
  expect(disposition(true, '写真.png')).toBe('inline; filename="__.png"; filename*=UTF-8\'\'%E5%86%99%E7%9C%9F.png')
})

it.each([[0, '0 bytes'], [1, '1 byte'], [1023, '1023 bytes'], [1536, '1.5 kB'], [2 * 1024 ** 3, '2 GB'], [25 * 1024 ** 2, '25 MB']])('says %i bytes in words', (bytes, words) => expect(bytesInWords(bytes)).toBe(words))
