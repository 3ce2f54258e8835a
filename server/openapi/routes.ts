/**
 * Every REST route there is, by method and path: what the OpenAPI document is made of, and what tests put together as an
 * application. A file under server/api that is not here (nor on the short list of the test) fails
 * tests/unit/server/openapi/routes.test.ts.
 */
import type { Route } from '../utils/route.ts'
import deleteAccount from '../api/account/index.delete.ts'
import exportEverything from '../api/account/export.get.ts'
import changeAccount from '../api/account/index.patch.ts'
import newBackupCodes from '../api/account/second-factor/backup-codes.post.ts'
import confirmSecondFactor from '../api/account/second-factor/confirm.post.ts'
import endSecondFactor from '../api/account/second-factor/index.delete.ts'
import secondFactor from '../api/account/second-factor/index.get.ts'
import setUpSecondFactor from '../api/account/second-factor/index.post.ts'
import changePassword from '../api/auth/change-password.post.ts'
import takeSecondStep from '../api/auth/second-factor.post.ts'
import signInAsGuest from '../api/auth/sign-in/anonymous.post.ts'
import signIn from '../api/auth/sign-in/username.post.ts'
import signOut from '../api/auth/sign-out.post.ts'
import signUp from '../api/auth/sign-up/email.post.ts'
import sendCommand from '../api/commands.post.ts'
import exportConversation from '../api/conversations/[id]/export.get.ts'
import openConversation from '../api/conversations/[id]/index.get.ts'
import galleryOfConversation from '../api/conversations/[id]/media.get.ts'
import earlierMessages from '../api/conversations/[id]/messages.get.ts'
import oneMessage from '../api/conversations/[id]/messages/[messageId]/index.get.ts'
import stopSpeech from '../api/conversations/[id]/messages/[messageId]/speech.delete.ts'
import readAloud from '../api/conversations/[id]/messages/[messageId]/speech.post.ts'
import listConversations from '../api/conversations/index.get.ts'
import makeExamples from '../api/examples.post.ts'
import health from '../api/health/index.get.ts'
import isLive from '../api/health/live.get.ts'
import isReady from '../api/health/ready.get.ts'
import drainByCron from '../api/jobs/drain.get.ts'
import drainByCall from '../api/jobs/drain.post.ts'
import deleteMedia from '../api/media/[id]/index.delete.ts'
import documentText from '../api/media/[id]/text.get.ts'
import confirmMedia from '../api/media/[id]/confirm.post.ts'
import sendMedia from '../api/media/[id]/content.put.ts'
import askParts from '../api/media/[id]/parts.post.ts'
import freshMedia from '../api/media/index.get.ts'
import askTicket from '../api/media/index.post.ts'
import storageUse from '../api/media/storage.get.ts'
import followLive from '../api/live.get.ts'
import listModels from '../api/models.get.ts'
import search from '../api/search.get.ts'
import session from '../api/session.get.ts'
import endSession from '../api/sessions/[id].delete.ts'
import endOtherSessions from '../api/sessions/index.delete.ts'
import listSessions from '../api/sessions/index.get.ts'
import metrics from '../routes/metrics.get.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

export interface ListedRoute { method: Method, path: string, route: Route }

const listed = (method: Method, path: string, route: Route): ListedRoute => ({ method, path, route })

export const routes: readonly ListedRoute[] = [
  listed('get', '/api/session', session),
  listed('post', '/api/auth/sign-up/email', signUp),
  listed('post', '/api/auth/sign-in/username', signIn),
  listed('post', '/api/auth/second-factor', takeSecondStep),
  listed('post', '/api/auth/sign-in/anonymous', signInAsGuest),
  listed('post', '/api/auth/sign-out', signOut),
  listed('post', '/api/auth/change-password', changePassword),
  listed('patch', '/api/account', changeAccount),
  listed('delete', '/api/account', deleteAccount),
  listed('get', '/api/account/export', exportEverything),
  listed('get', '/api/account/second-factor', secondFactor),
  listed('post', '/api/account/second-factor', setUpSecondFactor),
  listed('post', '/api/account/second-factor/confirm', confirmSecondFactor),
  listed('delete', '/api/account/second-factor', endSecondFactor),
  listed('post', '/api/account/second-factor/backup-codes', newBackupCodes),
  listed('get', '/api/sessions', listSessions),
  listed('delete', '/api/sessions', endOtherSessions),
  listed('delete', '/api/sessions/:id', endSession),
  listed('post', '/api/commands', sendCommand),
  listed('get', '/api/live', followLive),
  listed('get', '/api/conversations', listConversations),
  listed('get', '/api/conversations/:id', openConversation),
  listed('get', '/api/conversations/:id/messages', earlierMessages),
  listed('get', '/api/conversations/:id/media', galleryOfConversation),
  listed('get', '/api/conversations/:id/export', exportConversation),
  listed('get', '/api/conversations/:id/messages/:messageId', oneMessage),
  listed('post', '/api/conversations/:id/messages/:messageId/speech', readAloud),
  listed('delete', '/api/conversations/:id/messages/:messageId/speech', stopSpeech),
  listed('get', '/api/models', listModels),
  listed('post', '/api/media', askTicket),
  listed('get', '/api/media', freshMedia),
  listed('get', '/api/media/storage', storageUse),
  listed('put', '/api/media/:id/content', sendMedia),
  listed('post', '/api/media/:id/parts', askParts),
  listed('post', '/api/media/:id/confirm', confirmMedia),
  listed('get', '/api/media/:id/text', documentText),
  listed('delete', '/api/media/:id', deleteMedia),
  listed('get', '/api/search', search),
  listed('post', '/api/examples', makeExamples),
  listed('get', '/api/health', health),
  listed('get', '/api/health/live', isLive),
  listed('get', '/api/health/ready', isReady),
  listed('get', '/api/jobs/drain', drainByCron),
  listed('post', '/api/jobs/drain', drainByCall),
  listed('get', '/metrics', metrics),
]
