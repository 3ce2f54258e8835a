export default defineAppConfig({
  ui: {
    colors: { primary: 'lagoon', neutral: 'stone', error: 'red', warning: 'amber', success: 'emerald', info: 'sky' },
    // Motion stays under 200 ms; targets on touch screens are at least 44 px (assets/main.css).
    // Under the header: at the bottom they would lie on the composer and its buttons.
    toaster: { defaultVariants: { position: 'top-right' }, slots: { viewport: 'top-16!' } },
    button: { slots: { base: 'cursor-pointer' } },
    dropdownMenu: { slots: { item: 'items-center pointer-coarse:min-h-11' } },
    select: { slots: { item: 'items-center pointer-coarse:min-h-11' } },
    selectMenu: { slots: { item: 'items-center pointer-coarse:min-h-11' } },
    commandPalette: { slots: { item: 'items-center pointer-coarse:min-h-11' } },
    radioGroup: { slots: { fieldset: 'flex-wrap gap-x-5 gap-y-1', item: 'items-center', label: 'pointer-coarse:py-3' } },
  },
})
