// What the library shows of this room under `lanewise/exchange`: models as bytes of other programs' formats, in any host.
export { importModel, type Imported, type ImportOptions } from './read.js'
export { exportModel, type ExportFormat, type ExportOptions } from './write.js'
export {
  moduleFiles,
  roundedState,
  type ModuleDtype,
  type ModuleFiles,
  type ModuleOptions,
} from '../module.js'
