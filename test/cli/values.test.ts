import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/core/errors.js'
import { classWeightValue, hiddenValue, numberValue, rangeValue } from '../../src/cli/values.js'

describe('a number', () => {
  it('is decimal', () => {
    const parse = numberValue('--lr', {})
    const texts = ['0', '-1.5', '+.5', '1e-3', '2.', ' 7 ', '1E2']
    expect(texts.map(parse)).toEqual([0, -1.5, 0.5, 0.001, 2, 7, 100])
    for (const text of ['', ' ', 'x', '1x', '0x10', 'Infinity', 'NaN', '1e999', '1,5', '--5']) {
      expect(() => parse(text), text).toThrow(ArgumentError)
    }
  })

  it('keeps its rule, which the message tells', () => {
    const share = numberValue('--dropout', { min: 0, below: 1 })
    expect([share('0'), share('0.999')]).toEqual([0, 0.999])
    expect(() => share('1')).toThrow('--dropout is a number at least 0 and below 1; received "1"; see --help')
    expect(() => share('-0.1')).toThrow(ArgumentError)
    const threads = numberValue('--threads', { integer: true, min: 1, max: 64 })
    expect([threads('1'), threads('64')]).toEqual([1, 64])
    for (const text of ['0', '65', '1.5'])
      expect(() => threads(text)).toThrow(/an integer at least 1 and at most 64/)
    expect(() => numberValue('--lr', { above: 0 })('0')).toThrow('--lr is a number above 0')
    expect(() => numberValue('--seed', { integer: true })('9007199254740992')).toThrow(ArgumentError)
  })
})

it('a range has either end or both', () => {
  const parse = rangeValue('--test-rows')
  expect(parse('0:100')).toEqual({ start: 0, end: 100 })
  expect(parse('100:')).toEqual({ start: 100, end: undefined })
  expect(parse(':5')).toEqual({ start: 0, end: 5 })
  for (const text of ['', ':', '5', '5:5', '5:2', '-1:5', '1:2:3', 'a:b', '1.5:2', '1e2:']) {
    expect(() => parse(text), text).toThrow(/^--test-rows is a range of rows a:b/)
  }
})

it('hidden layers are positive integers', () => {
  expect(hiddenValue('128')).toEqual([128])
  expect(hiddenValue('128, 64,1')).toEqual([128, 64, 1])
  for (const text of ['', '0', '128,', '1.5', '-3', 'a', '99999999']) {
    expect(() => hiddenValue(text), text).toThrow(/^--hidden is a list of positive integers/)
  }
})

it('class weights are balanced, pairs or JSON', () => {
  expect(classWeightValue('balanced')).toBe('balanced')
  expect(classWeightValue('0=1, 1=2.5')).toEqual({ 0: 1, 1: 2.5 })
  expect(classWeightValue('a b=c=3')).toEqual({ 'a b=c': 3 })
  expect(classWeightValue('{"0": 0, "T-shirt/top": 2}')).toEqual({ 0: 0, 'T-shirt/top': 2 })
  for (const text of ['', '{}', '{', '0', '0=', '=1', '0=-1', '0=x', '{"0": "1"}', '{"0": -1}', '0=1,0=2']) {
    expect(() => classWeightValue(text), text).toThrow(/^--class-weight is balanced, or/)
  }
})
