import { expect, test } from 'vitest';
import { latencyFigures, sparkline } from '../../../renderer/detail/sparkline.ts';

const every = 30_000;
const samples = (...all: readonly (number | undefined)[]) =>
  all.map((ms, index) => ({ at: index * every, ...(ms === undefined ? {} : { ms }) }));

test('the line goes from left to right, the highest near the top, with what lies below it', () => {
  const { line, area, failures } = sparkline(samples(0, 50, 100), 100, 44);
  expect(line).toBe('M0 44L50 24L100 4');
  expect(area).toBe('M0 44L50 24L100 4L100 44L0 44Z');
  expect(failures).toBe('');
});

test('it breaks off where a probe failed, which has a mark', () => {
  const { line, area, failures } = sparkline(samples(10, 10, undefined, 10, 10), 100, 11);
  expect(line).toBe('M0 1L25 1M75 1L100 1');
  expect(area.match(/Z/g)).toHaveLength(2);
  expect(failures).toBe('M50 11V5');
});

test('it breaks off where no probe was made for a while', () => {
  const [first, second] = samples(10, 10);
  if (first === undefined || second === undefined) throw new Error('no samples');
  expect(sparkline([first, { ...second, at: 3_600_000 }], 100, 11).line).toBe('M0 1h0M100 1h0');
});

test.each([[[]], [[undefined]], [[undefined, undefined]]])('of %j there is no line and no figure', (all) => {
  const { line, area } = sparkline(samples(...all), 100, 40);
  expect([line, area]).toEqual(['', '']);
  expect(latencyFigures(samples(...all))).toBeUndefined();
});

test('one alone is a dot; no latency at all divides by nothing', () => {
  expect(sparkline(samples(11), 100, 11)).toEqual({ line: 'M0 1h0', area: '', failures: '' });
  expect(sparkline(samples(0, 0), 100, 11).line).toBe('M0 11L100 11');
});

test('the figures are of those that passed', () => {
  expect(latencyFigures(samples(30, undefined, 10, 40, 20))).toEqual({
    last: 20,
    lowest: 10,
    median: 25,
    highest: 40,
  });
  expect(latencyFigures(samples(7))).toEqual({ last: 7, lowest: 7, median: 7, highest: 7 });
  expect(latencyFigures(samples(7, undefined))?.last).toBe(7);
});
