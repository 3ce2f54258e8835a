import { mediaLimits } from '../../shared/media.ts'

/**
 * A file name that is only a name: no folders, no control or direction-changing characters (a name that reads backwards
 * hides its ending), at most 255 letters with its ending kept.
 */
export function cleanName(name: string): string {
  const bare = name.normalize('NFC').split(/[/\\]/).at(-1)
    ?.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD]/gu, '').replace(/\s+/g, ' ').trim().replace(/^\.+/, '') ?? ''
  if (bare === '') return 'file'
  if (bare.length <= mediaLimits.nameLength) return bare.toWellFormed()
  const ending = /\.[^.]{1,16}$/.exec(bare)?.[0] ?? ''
  return bare.slice(0, mediaLimits.nameLength - ending.length).toWellFormed() + ending
}
