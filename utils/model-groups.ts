import type { ModelInfo } from '../shared/models.ts'
import { type FileKind, whyNot } from './model-fit.ts'

const kinds = [
  { key: 'image', icon: 'i-lucide-image', label: 'sees pictures' },
  { key: 'audio', icon: 'i-lucide-audio-lines', label: 'hears sound' },
  { key: 'video', icon: 'i-lucide-video', label: 'watches video' },
  { key: 'pdf', icon: 'i-lucide-file-text', label: 'reads PDF' },
] as const

/** As many models as a menu shows at a glance; more are found by typing. */
export const mostInMenu = 8

export interface ModelItem {
  id: string
  label: string
  disabled?: boolean
  description?: string | undefined
  demo?: boolean
  takes?: readonly { key: string, icon: string, label: string }[]
}

/** Models as a choice: by provider; what each takes as icons; one that can't take the files at hand says so. */
export function modelGroups(models: readonly ModelInfo[], files: readonly FileKind[]) {
  const itemOf = (model: ModelInfo): ModelItem => {
    const reason = whyNot(model, files)
    return {
      id: model.id, label: model.label, disabled: reason !== null, description: reason ?? (model.demo ? 'No real model: it shows what Parley can do' : undefined),
      demo: model.demo, takes: kinds.filter(kind => model.accepts[kind.key]),
    }
  }
  return [...new Set(models.map(model => model.provider))].map(provider => ({
    id: provider, label: provider === 'demo' ? 'Built in' : provider, items: models.filter(model => model.provider === provider).map(itemOf),
  }))
}
