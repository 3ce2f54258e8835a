/** What the dialog is opened for. */
export type SecondFactorTask = 'set up' | 'new codes' | 'turn off'
