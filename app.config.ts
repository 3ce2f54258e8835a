export default defineAppConfig({
  ui: {
    colors: { primary: 'lagoon', neutral: 'stone', error: 'red', warning: 'amber', success: 'emerald', info: 'sky' },
    // Motion stays under 200 ms; targets on touch screens are at least 44 px (assets/main.css).
    toaster: { defaultVariants: { position: 'bottom-right' } },
    button: { slots: { base: 'cursor-pointer' } },
  },
})
