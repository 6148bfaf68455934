// The import arrows between rooms are held by `no-restricted-imports`: each room lists the rooms it may not import.
import tseslint from 'typescript-eslint'

const rooms = [
  'core',
  'nn',
  'models',
  'data',
  'metrics',
  'persist',
  'infer',
  'explore',
  'report',
  'web',
  'cli',
]
const mayImport = {
  core: [],
  nn: ['core'],
  models: ['nn', 'core', 'metrics', 'data', 'persist'],
  data: ['core'],
  metrics: [],
  persist: ['core'],
  explore: ['models', 'nn', 'core', 'data', 'metrics', 'persist'],
  report: ['metrics', 'explore'],
  infer: ['models', 'persist', 'core'],
  web: ['models', 'persist', 'core', 'data', 'infer'],
}

const arrows = Object.entries(mayImport).map(([room, allowed]) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: rooms
          .filter((other) => other !== room && !allowed.includes(other))
          .map((other) => ({
            group: [`../${other}/*`, `../../${other}/*`],
            message: `${room} may not import ${other}`,
          })),
      },
    ],
  },
}))

export default tseslint.config(
  {
    ignores: [
      'dist',
      'build',
      'node_modules',
      'assembly',
      'src/core/binaries.ts',
      'src/persist/module/core-binary.ts',
      'runs',
    ],
  },
  ...tseslint.configs.strict,
  {
    files: ['src/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
    },
  },
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  ...arrows,
)
