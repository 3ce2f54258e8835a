import type { ModelInfo, ModelsAnswer } from '~~/shared/models'

/** Models on offer, and the one this person chose last (kept in a cookie, so that the first page knows it too). */
export function useModels() {
  const api = useApi()
  const { user } = useSession()
  const offer = useState<ModelsAnswer | null>('models', () => null)
  const remembered = useCookie<Record<string, string>>('parley.model', { maxAge: 365 * 86_400, sameSite: 'lax', default: () => ({}) })

  const models = computed(() => offer.value?.models ?? [])
  /** Those that can hold a conversation. */
  const conversational = computed(() => models.value.filter(model => !model.draws))
  /** The one that makes pictures of a message's words; there is one at most. */
  const drawing = computed(() => models.value.find(model => model.draws))
  const defaultId = computed(() => offer.value?.defaultId)
  const find = (id: string | null | undefined): ModelInfo | undefined => models.value.find(model => model.id === id)
  const chosen = computed<string | undefined>({
    get() {
      const choice = remembered.value?.[user.value?.id ?? '']
      return find(choice)?.draws === false ? choice : defaultId.value
    },
    set(id) {
      if (id && user.value) remembered.value = { [user.value.id]: id }
    },
  })

  const speech = computed(() => offer.value?.speech ?? null)

  const load = async () => { offer.value = await api<ModelsAnswer>('/api/models') }
  return { models, conversational, drawing, defaultId, speech, chosen, find, load }
}
