import { loadRenderer } from '../conversation/markdown/parts'

/**
 * Parts of the page that the first load goes without. They are fetched once it is at rest, the likeliest first, so that a
 * menu, an editor or a first answer neither waits for its script nor needs a line.
 */
export const laterParts: (() => Promise<unknown>)[] = [
  () => import('../conversation/MessageView.vue'),
  () => import('../conversation/MessageActions.vue'),
  loadRenderer,
  () => import('../media/AttachMenu.vue'),
  () => import('../conversation/ModelPicker.vue'),
  () => import('../conversation/ModelPalette.vue'),
  () => import('../media/VoiceRecorder.vue'),
  () => import('../account/AccountMenu.vue'),
  () => import('../sidebar/ItemMenu.vue'),
  () => import('../sidebar/RenameField.vue'),
  () => import('./ConversationMenu.vue'),
  () => import('./ConversationDrawer.vue'),
  () => import('../conversation/MessageEditor.vue'),
  () => import('../conversation/EmptyConversation.vue'),
  () => import('./SearchPalette.vue'),
  () => import('./ShortcutSheet.vue'),
  () => import('./NothingHere.vue'),
  () => import('../media/MediaState.vue'),
  () => import('../media/AudioPlayer.vue'),
  () => import('../media/LightBox.vue'),
]
