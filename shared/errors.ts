/**
 * Every refusal the product can give: a code for programs, a sentence for people, the HTTP status it travels with.
 * `{name}` in a sentence is filled from the error's details.
 */
export const errors = {
  invalid_input: { status: 400, text: 'Something in that request is not right: {problem}' },
  not_signed_in: { status: 401, text: 'Please sign in first.' },
  sign_in_refused: { status: 401, text: 'That username and password do not go together.' },
  password_wrong: { status: 403, text: 'That is not your present password.' },
  second_factor_refused: { status: 403, text: 'That code is not right, or was used already.' },
  second_step_over: { status: 401, text: 'Too many tries, or too long ago. Please sign in again.' },
  second_factor_on: { status: 409, text: 'A second factor is set up already.' },
  second_factor_off: { status: 409, text: 'No second factor is set up.' },
  password_common: { status: 422, text: 'That password is among the first that are guessed. Please choose another one.' },
  username_taken: { status: 409, text: 'That username is taken.' },
  sign_up_closed: { status: 403, text: 'This server takes no new accounts.' },
  forbidden_origin: { status: 403, text: 'That request came from another website and was refused.' },
  guests_not_allowed: { status: 403, text: 'This server does not take guests. Please sign up.' },
  not_found: { status: 404, text: 'There is nothing here, or it is not yours.' },
  conversation_not_found: { status: 404, text: 'That conversation does not exist, or it is not yours.' },
  message_not_found: { status: 404, text: 'That message does not exist, or it is not yours.' },
  media_not_found: { status: 404, text: 'That file does not exist, or it is not yours.' },
  id_not_usable: { status: 409, text: 'That id cannot be used. Make a new one and try again.' },
  deleted: { status: 410, text: 'That was deleted, and stays deleted.' },
  reply_not_open: { status: 409, text: 'That reply has already ended.' },
  reply_not_failed: { status: 409, text: 'That reply does not need another try.' },
  media_not_ready: { status: 409, text: 'The file “{name}” has not arrived yet.' },
  media_too_large: { status: 413, text: '“{name}” is too large: {limit} at most.' },
  media_type_refused: { status: 415, text: '“{name}” is of a kind that cannot be sent here.' },
  media_type_mismatch: { status: 415, text: '“{name}” is not what its name says it is, so it was refused.' },
  media_incomplete: { status: 409, text: '“{name}” did not arrive whole. Please upload it again.' },
  media_broken: { status: 422, text: '“{name}” could not be read: it seems to be damaged.' },
  media_too_big_to_open: { status: 422, text: '“{name}” is too big to be opened: {limit} at most.' },
  media_took_too_long: { status: 422, text: '“{name}” took too long to read, so that was given up.' },
  media_engine_missing: { status: 422, text: 'This server has no media engine, so {missing}.' },
  media_not_played: { status: 422, text: 'No form that every browser plays could be made of this.' },
  media_not_shown: { status: 422, text: 'This server cannot read this kind of picture, so it is kept as a download.' },
  media_not_drawn: { status: 422, text: 'No picture of the first page could be made.' },
  media_not_transcribed: { status: 422, text: 'What is said in “{name}” could not be written down.' },
  speech_not_offered: { status: 409, text: 'This server has no voice to read with.' },
  speech_no_words: { status: 422, text: 'There are no words in this reply that could be read aloud.' },
  speech_not_finished: { status: 409, text: 'This reply is still being written.' },
  speech_too_long: { status: 413, text: 'This reply is too long to be read aloud by the server: {limit} characters at most.' },
  speech_no_sound: { status: 502, text: 'The speech model gave something that is no sound.' },
  speech_stopped: { status: 409, text: 'The reading was stopped before all of it was made.' },
  picture_not_found: { status: 404, text: 'There is no such picture in this conversation. {known}' },
  picture_not_described: { status: 422, text: 'Say in words what the picture should show, or what should become of it.' },
  storage_full: { status: 413, text: 'Your storage is full: {limit} in all. Delete something to make room.' },
  link_expired: { status: 403, text: 'This link has expired. Reload the page for a new one.' },
  model_not_found: { status: 404, text: 'The model “{model}” is not on offer here.' },
  model_input_refused: { status: 422, text: '{model} cannot take {kind}. Choose another model or remove the attachment.' },
  model_context_full: { status: 422, text: 'This conversation has grown too long for {model}. Start a new one, or choose a model that takes more.' },
  model_unreachable: { status: 502, text: 'The model’s server could not be reached.' },
  model_key_refused: { status: 502, text: 'The model’s provider refused our key. The operator of this server has to mend that.' },
  model_busy: { status: 503, text: 'The model’s provider is busy.' },
  model_failed: { status: 502, text: 'The model’s provider had a fault.' },
  model_timed_out: { status: 504, text: 'The model took too long to answer.' },
  reply_too_long: { status: 504, text: 'The answer takes longer than this server may work at a stretch.' },
  model_refused: { status: 502, text: 'The model’s provider refused the request: {reason}' },
  reply_cut_off: { status: 502, text: 'The answer was cut off before its end.' },
  reply_interrupted: { status: 503, text: 'Writing was interrupted three times by a fault of this server.' },
  tool_interrupted: { status: 503, text: 'Writing was interrupted after a tool had run. It was not run again by itself, because a tool can have effects.' },
  no_worker: { status: 503, text: 'No worker is running, so nothing can be answered just now.' },
  store_unreachable: { status: 503, text: 'The file store cannot be reached just now.' },
  method_not_allowed: { status: 405, text: 'That cannot be done here.' },
  too_many_requests: { status: 429, text: 'That was too fast. Please wait a moment and try again.' },
  too_many_replies: { status: 429, text: 'You have {limit} replies under way. The next can be asked for when one of them has ended.' },
  tokens_spent: { status: 429, text: 'You have used the {limit} tokens a day that this server allows. It goes on in {wait}.' },
  too_large: { status: 413, text: 'That is too large to be taken.' },
  unavailable: { status: 503, text: 'This server is just starting or stopping. Please try again in a moment.' },
  internal: { status: 500, text: 'Something went wrong on our side. It was noted.' },
} as const satisfies Record<string, { status: number, text: string }>

export type ErrorCode = keyof typeof errors

/** What travels to the browser, and what a failed reply keeps. */
export interface Problem {
  code: ErrorCode
  /** A sentence for people, already filled in. */
  message: string
  /** Path of the field that is wrong, for invalid input: `mediaIds.0`. */
  field?: string
}

/** The sentence for a code, with its `{gaps}` filled from `details`. */
export function sentence(code: ErrorCode, details: Record<string, string | number> = {}): string {
  return errors[code].text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? ''))
}
