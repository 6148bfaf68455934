import { EventEmitter } from 'node:events'
import { Command, InvalidArgumentError } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as errors from '../../src/core/errors.js'
import { escapeControl, exitCodeOf, Output, runCommand, throwUsageErrors } from '../../src/cli/output.js'

class Sink extends EventEmitter {
  text = ''
  write(text: string): void {
    this.text += text
  }
}

class FakeHost extends EventEmitter {
  stdout = new Sink()
  stderr = new Sink()
  exitCode: number | undefined
  exits: number[] = []
  exit(code: number): void {
    this.exits.push(code)
  }
}

const parts = { rule: 'the batch size is a positive integer', received: '0', remedy: 'pass --batch-size 64' }

describe('Output', () => {
  it('prints the human text, or one line of JSON', () => {
    const human = { stdout: new Sink(), stderr: new Sink() }
    new Output({}, human).result({ accuracy: 0.5 }, 'accuracy 0.5\nlabels a\u001b[2Jb')
    expect(human.stdout.text).toBe('accuracy 0.5\nlabels a\\x1b[2Jb\n')
    const json = { stdout: new Sink(), stderr: new Sink() }
    const value = { labels: Uint8Array.of(3, 1), name: 'é\u009b\u202e\n', loss: NaN }
    new Output({ json: true }, json).result(value, 'not printed')
    expect(json.stdout.text).toBe('{"labels":[3,1],"name":"é\\u009b\\u202e\\n","loss":null}\n')
    expect(JSON.parse(json.stdout.text)).toEqual({ labels: [3, 1], name: 'é\u009b\u202e\n', loss: null })
    expect(human.stderr.text + json.stderr.text).toBe('')
  })

  it('keeps notes and warnings off standard output, and notes off --quiet', () => {
    const streams = { stdout: new Sink(), stderr: new Sink() }
    new Output({}, streams).note('2 threads\r')
    new Output({ quiet: true }, streams).note('unseen')
    new Output({ quiet: true }, streams).warn('slow\n')
    expect(streams.stderr.text).toBe('2 threads\\r\nlanewise: warning: slow\\n\n')
    expect(streams.stdout.text).toBe('')
  })
})

it('escapes what moves the cursor, breaks lines or turns text, and nothing else', () => {
  expect(escapeControl('a\tb\u0000\u007f\u0085\u2028\u2066é漢😀')).toBe(
    'a\\tb\\x00\\x7f\\x85\\u2028\\u2066é漢😀',
  )
})

describe('exit codes', () => {
  it('tell bad usage and input from failure', () => {
    const place = { epoch: 1, step: 2, layer: 'dense_1' }
    const system = (code: string) => Object.assign(new Error(code), { code, syscall: 'open' })
    const cases: [unknown, number][] = [
      [new errors.ArgumentError(parts), 2],
      [new errors.DataError(parts), 2],
      [new errors.ShapeError(parts), 2],
      [new errors.FormatError(parts), 2],
      [new errors.NotFoundError(parts), 2],
      [new errors.DivergenceError({ ...parts, ...place }), 1],
      [new errors.WorkerError(parts), 1],
      [new errors.EngineError(parts), 1],
      [new errors.StateError(parts), 1],
      [system('ENOENT'), 2],
      [system('ENOSPC'), 1],
      [new TypeError('x is undefined'), 1],
      ['text', 1],
    ]
    expect(cases.map(([error]) => exitCodeOf(error))).toEqual(cases.map(([, code]) => code))
  })
})

describe('runCommand', () => {
  const run = async (command: (signal: AbortSignal) => Promise<unknown>) => {
    const host = new FakeHost()
    await runCommand(command, host)
    return host
  }
  const fail = (error: unknown) => run(() => Promise.reject(error as Error))

  it('leaves the exit code alone on success, and listens no longer', async () => {
    const host = await run(() => Promise.resolve())
    expect([host.exitCode, host.stderr.text, host.listenerCount('SIGINT')]).toEqual([undefined, '', 0])
  })

  it('prints one clear line for an error that is thrown on purpose', async () => {
    const host = await fail(new errors.FormatError({ ...parts, file: 'a\u001b[31m\n.npy' }))
    expect(host.exitCode).toBe(2)
    expect(host.stderr.text).toBe(
      'lanewise: a\\x1b[31m\\n.npy: the batch size is a positive integer; received 0; pass --batch-size 64\n',
    )
    expect(host.stdout.text).toBe('')
  })

  it('prints the stack of an error that nobody foresaw', async () => {
    const host = await fail(new TypeError('x is undefined'))
    expect(host.exitCode).toBe(1)
    expect(host.stderr.text).toMatch(
      /^lanewise: unexpected failure: TypeError: x is undefined\n +at .*output\.test/,
    )
    expect((await fail('text')).stderr.text).toBe('lanewise: unexpected failure: text\n')
  })

  describe('with commander', () => {
    const parse = (...args: string[]) => {
      const printed = new Sink()
      const program = throwUsageErrors(new Command('lanewise').version('1.2.3'))
      program.configureOutput({
        writeOut: (text) => {
          printed.write(text)
        },
        writeErr: (text) => {
          printed.write(text)
        },
      })
      const number = (text: string) => {
        if (Number.isNaN(Number(text))) throw new InvalidArgumentError('not a number')
        return Number(text)
      }
      program
        .command('train')
        .option('--epochs <n>', 'epochs', number)
        .action(() => undefined)
      return run(() => program.parseAsync(args, { from: 'user' })).then((host) => ({
        host,
        printed: printed.text,
      }))
    }

    it('turns usage errors into one line and code 2', async () => {
      const unknown = await parse('train', '--epoch', '3')
      expect(unknown.host.exitCode).toBe(2)
      expect(unknown.host.stderr.text).toBe("lanewise: unknown option '--epoch' (Did you mean --epochs?)\n")
      expect(unknown.printed).toBe('')
      const value = await parse('train', '--epochs', 'a\u001b')
      expect(value.host.exitCode).toBe(2)
      expect(value.host.stderr.text).toBe(
        "lanewise: option '--epochs <n>' argument 'a\\x1b' is invalid. not a number\n",
      )
      expect((await parse('nothing')).host.stderr.text).toBe("lanewise: unknown command 'nothing'\n")
    })

    it('takes help and version for success, and no command for bad usage', async () => {
      const help = await parse('--help')
      expect([help.host.exitCode, help.host.stderr.text]).toEqual([0, ''])
      expect(help.printed).toMatch(/^Usage: lanewise/)
      const version = await parse('--version')
      expect([version.host.exitCode, version.host.stderr.text, version.printed]).toEqual([0, '', '1.2.3\n'])
      const none = await parse()
      expect([none.host.exitCode, none.host.stderr.text]).toEqual([2, ''])
      expect(none.printed).toMatch(/^Usage: lanewise/)
    })
  })

  describe('on Ctrl-C', () => {
    beforeEach(() => {
      vi.useFakeTimers()
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it('aborts the signal and ends with 130, whether the command returns or throws', async () => {
      for (const end of ['return', 'throw']) {
        const host = new FakeHost()
        const running = runCommand(async (signal) => {
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve)
          })
          if (end === 'throw') signal.throwIfAborted()
        }, host)
        host.emit('SIGINT')
        await running
        expect([host.exitCode, host.stderr.text, host.exits]).toEqual([130, 'lanewise: interrupted\n', []])
      }
    })

    it('ends at once on the second', () => {
      const host = new FakeHost()
      void runCommand(() => new Promise(() => undefined), host)
      host.emit('SIGINT')
      expect(host.exits).toEqual([])
      host.emit('SIGINT')
      expect(host.exits).toEqual([130])
    })

    it('ends a command that does not stop after three seconds', () => {
      const host = new FakeHost()
      void runCommand(() => new Promise(() => undefined), host)
      host.emit('SIGINT')
      vi.advanceTimersByTime(2999)
      expect(host.exits).toEqual([])
      vi.advanceTimersByTime(1)
      expect(host.exits).toEqual([130])
    })
  })

  it('ends in silence when the reader of standard output goes away', async () => {
    const host = await run(() => Promise.resolve())
    host.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }))
    host.stdout.emit('error', Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC', syscall: 'write' }))
    expect([host.exits, host.stderr.text]).toEqual([[0, 1], ''])
  })
})
