import { mountSuspended } from '@nuxt/test-utils/runtime'
import { describe, expect, it } from 'vitest'
import { MediaState } from '#components'
import type { MediaView } from '~~/shared/media'

const media = { name: 'talk.wav', type: 'audio', status: 'processing', progress: 40, error: null } as MediaView

describe('the state of a file', () => {
  it('names how far its reading is, where a name may stand', async () => {
    const state = await mountSuspended(MediaState, { props: { media, alone: true } })
    const named = state.findAll('[aria-label]')
    expect(named.map(one => [one.attributes('role'), one.attributes('aria-label'), one.attributes('aria-valuenow')])).toEqual([['progressbar', 'Reading talk.wav', '40']])
  })
})
