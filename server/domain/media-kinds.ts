/** What a file is, judged by its first bytes. What its name and sender say of it must fit, or it is refused. */
import { fileTypeFromBuffer } from 'file-type'
import type { MediaType } from '../../shared/media.ts'

export interface Kind { type: MediaType, mime: string }
type Group = 'image' | 'audio' | 'video' | 'pdf' | 'office' | 'text' | 'other'
type Verdict = Kind | 'mismatch' | 'refused'

/** Bytes from the start that judging needs: Office files are told apart by the first entries of their archive. */
export const headBytes = 128 * 1024

const images = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif', 'image/tiff', 'image/heic', 'image/heif', 'image/bmp']
/** Containers that hold sound with or without a picture: which of the two, their sender knows. */
const either = ['video/webm', 'video/mp4', 'video/ogg', 'audio/ogg', 'audio/mp4', 'video/quicktime', 'video/3gpp', 'video/matroska']
const aliases: Record<string, string> = {
  'audio/x-wav': 'audio/wav', 'audio/vnd.wave': 'audio/wav', 'audio/wave': 'audio/wav', 'audio/x-m4a': 'audio/mp4', 'audio/m4a': 'audio/mp4', 'audio/mp3': 'audio/mpeg',
  'audio/x-flac': 'audio/flac', 'audio/opus': 'audio/ogg', 'application/ogg': 'audio/ogg', 'video/x-m4v': 'video/mp4', 'video/x-matroska': 'video/matroska', 'image/apng': 'image/png', 'image/jpg': 'image/jpeg',
}
const office: Record<string, string> = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
}
export const officeMimes: readonly string[] = Object.values(office)
const textMimes: Record<string, string> = { csv: 'text/csv', md: 'text/markdown', json: 'application/json' }
const textWords = /^(text\/|application\/(json|xml|javascript|x-javascript|typescript|yaml|x-yaml|toml|sql|x-sh|x-httpd-php|rtf)$)|\+(json|xml)$/
const textExtensions = new Set('txt md markdown csv tsv json jsonl xml html htm xhtml svg js mjs cjs ts tsx jsx vue css scss py rb go rs java kt c h cpp hpp cs php sh bash sql yaml yml toml ini log tex srt vtt swift lua pl r diff patch env'.split(' '))
const extensions: Record<string, Group> = {
  png: 'image', jpg: 'image', jpeg: 'image', webp: 'image', gif: 'image', avif: 'image', tif: 'image', tiff: 'image', heic: 'image', heif: 'image', bmp: 'image',
  mp3: 'audio', wav: 'audio', m4a: 'audio', ogg: 'audio', oga: 'audio', opus: 'audio', flac: 'audio', aac: 'audio', weba: 'audio',
  mp4: 'video', m4v: 'video', webm: 'video', mov: 'video', mkv: 'video', ogv: 'video', pdf: 'pdf', docx: 'office', xlsx: 'office', pptx: 'office',
}
/** Programs: nothing here can use them, and whoever downloads one may be harmed. */
const programs = ['application/x-msdownload', 'application/x-elf', 'application/x-mach-binary', 'application/x-ms-shortcut', 'application/vnd.android.package-archive', 'application/x-msi', 'application/java-vm']

const extensionOf = (name: string) => /\.([a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
const plain = (mime: string) => {
  const bare = mime.split(';')[0]?.trim().toLowerCase() ?? ''
  return aliases[bare] ?? bare
}

function groupOf(mime: string): Group {
  if (textWords.test(mime)) return 'text'
  const major = mime.split('/')[0]
  if (major === 'image' || major === 'audio' || major === 'video') return major
  return mime === 'application/pdf' ? 'pdf' : officeMimes.includes(mime) ? 'office' : 'other'
}
const groupOfName = (name: string): Group => textExtensions.has(extensionOf(name)) ? 'text' : extensions[extensionOf(name)] ?? 'other'

/** What the sender says it is, before a byte has come: decides only how it is shown until then. */
export function claimedKind(name: string, declared: string): Kind {
  const mime = plain(declared) || 'application/octet-stream'
  const group = groupOf(mime) === 'other' ? groupOfName(name) : groupOf(mime)
  return { type: group === 'image' || group === 'audio' || group === 'video' ? group : 'file', mime }
}

/** UTF-8 without control characters. The head may end in the middle of a letter. */
function looksLikeText(head: Uint8Array): boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    // eslint-disable-next-line no-control-regex -- these are what text does not have
    return !/[\x00-\x08\x0E-\x1A\x1C-\x1F]/.test(decoder.decode(head, { stream: true }))
  }
  catch {
    return false
  }
}

async function detect(head: Uint8Array): Promise<string | null> {
  try {
    const found = await fileTypeFromBuffer(head)
    return found ? plain(found.mime) : null
  }
  catch {
    // A hostile head can end the detector's reading early; then it is no file it knows.
    return null
  }
}

/**
 * Judges a file by its first `headBytes`. Text of any kind (HTML and SVG too) is a plain file that is never drawn.
 * `mismatch`: name or sender claim something else; `refused`: nothing we take.
 */
export async function judge(head: Uint8Array, name: string, declared: string): Promise<Verdict> {
  const claims = [groupOf(plain(declared)), groupOfName(name)].filter(group => group !== 'other')
  const detected = await detect(head)
  if (detected !== null && programs.includes(detected)) return 'refused'
  const known = detected !== null && !textWords.test(detected)
  if (!known) return !looksLikeText(head) ? (claims.length > 0 ? 'mismatch' : { type: 'file', mime: 'application/octet-stream' }) : judgeText(name, claims)
  return judgeKnown(detected, name, claims)
}

function judgeText(name: string, claims: Group[]): Verdict {
  // An SVG calls itself an image, by its type at least; its name says text.
  const fits = claims.every(group => group === 'text') || (claims.includes('text') && extensionOf(name) === 'svg')
  return fits ? { type: 'file', mime: textMimes[extensionOf(name)] ?? 'text/plain' } : 'mismatch'
}

function judgeContainer(detected: string, claims: Group[]): Verdict {
  if (!claims.every(claim => claim === 'audio' || claim === 'video')) return 'mismatch'
  const type = (claims[0] ?? groupOf(detected)) === 'audio' ? 'audio' : 'video'
  return { type, mime: `${type}/${detected.split('/')[1]}` }
}

function judgeKnown(detected: string, name: string, claims: Group[]): Verdict {
  if (either.includes(detected)) return judgeContainer(detected, claims)
  const group = groupOf(detected)
  const archived = detected === 'application/zip' || detected === 'application/x-cfb'
  const fits = claims.every(claim => claim === group || (claim === 'office' && archived))
  if (!fits) return 'mismatch'
  if (group === 'image') return images.includes(detected) ? { type: 'image', mime: detected } : { type: 'file', mime: detected }
  if (group === 'audio' || group === 'video') return { type: group, mime: detected }
  if (detected === 'application/zip') return { type: 'file', mime: office[extensionOf(name)] ?? detected }
  return { type: 'file', mime: detected }
}
