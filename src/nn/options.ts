// The checks of options, which stand in the core because other rooms need them too.
export * from '../core/options.js'
